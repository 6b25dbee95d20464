"""Requests that try to reach what no operator listed, as they go on the wire; data for test_attacks.py.

Plain dot segments are none of them: the host collapses them before it routes a request (tests/conformance).
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.e2e.environments import FACTORY, SPEC

OWN = "/api/environments/"
ARM = f"/api{FACTORY}/integrationRuntimes/"
VERSION = "?api-version=2018-06-01"
OTHER_SUBSCRIPTION = FACTORY.replace("12345678", "87654321")
UNLISTED = FACTORY.replace("example-adf", "third-adf")
BODY = json.dumps(SPEC).encode()


@dataclass(frozen=True)
class Attack:
    """One request; `target` and header values are sent as they are, one byte per character."""

    why: str
    target: str
    method: str = "PUT"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = BODY
    allowed: frozenset[int] = frozenset({400, 403, 404, 405, 422})


def spec(**more: Any) -> bytes:  # noqa: ANN401 - JSON
    return json.dumps(SPEC | more).encode()


def in_utf8(text: str) -> str:
    """Return the text with each byte of its UTF-8 as one character."""
    return text.encode().decode("latin-1")


_NAMES = [
    ("..", "the parent, plain"),
    (".", "the folder itself"),
    ("...", "three dots"),
    ("%2e%2e", "the parent, encoded"),
    (".%2e", "half encoded"),
    ("%252e%252e", "encoded twice"),
    ("%25252e%25252e", "encoded three times"),
    ("..%2fsample-2", "up and down again"),
    ("%2e%2e%2f%2e%2e%2ffactories%2fthird-adf", "up to another factory"),
    ("..%5csample-2", "a backslash, encoded"),
    ("..\\sample-2", "a backslash, plain"),
    ("made-here%2f..%2fother-one", "another name behind the first"),
    ("made-here%2fstart", "an action as part of the name"),
    ("made-here%252fstart", "an action as part of the name, encoded twice"),
    ("made-here%5c..%5cother-one", "backslashes inside"),
    ("made-here;x=1", "a matrix parameter"),
    ("made-here%3bx", "a semicolon, encoded"),
    ("made-here%3fapi-version=2099-01-01", "a query inside the name"),
    ("made-here%3Fa=b%23", "a query and a fragment inside the name"),
    ("made-here%23fragment", "a fragment inside the name"),
    ("made-here%26x", "an ampersand"),
    ("made-here%00", "a null byte at the end"),
    ("made%00-here", "a null byte inside"),
    ("made-here%00.json", "a null byte before an ending"),
    ("%00", "nothing but a null byte"),
    ("made-here%0d%0aX-Evil:%201", "a line break for a header"),
    ("made-here%0a", "a newline at the end, which `$` of a regular expression lets pass"),
    ("made-here%0d", "a carriage return at the end"),
    ("made-here%09", "a tab at the end"),
    ("made-here%20", "a space at the end"),
    ("%20made-here", "a space in front"),
    ("made-here%c2%a0", "a space that does not break"),
    ("made-here%e2%80%8b", "a space of no width"),
    ("%e2%80%aemade-here", "right to left"),
    ("made-here.", "a dot at the end, which Windows drops"),
    ("made-here::$DATA", "a stream of NTFS"),
    ("%ef%bc%8e%ef%bc%8e", "full-width dots"),
    ("%ef%bc%8e%ef%bc%8e%ef%bc%8fother", "full-width dots and a full-width slash"),
    ("%e2%80%a4%e2%80%a4", "one-dot leaders"),
    ("%e2%88%95other", "a division slash"),
    ("%c0%ae%c0%ae", "dots in overlong UTF-8"),
    ("%c0%afother", "a slash in overlong UTF-8"),
    ("%ff%fe", "no UTF-8"),
    ("%ed%a0%80made", "half a surrogate pair"),
    ("%zz", "no hexadecimal digits"),
    ("%u002e%u002e", "Microsoft's own encoding"),
    ("%", "a percent sign alone"),
    ("s%d0%b0mple-2", "a Cyrillic a in a name that exists"),
    ("%c5%bfample-2", "a long s in a name that exists"),
    ("sample%e2%80%902", "a hyphen that is none of ASCII"),
    ("sample%ef%bc%8d2", "a full-width hyphen"),
    ("%ef%bd%93ample-2", "a full-width s"),
    ("sample-%d9%a2", "an Arabic two"),
    ("sample-%c2%b2", "a superscript two"),
    ("-made-here", "a hyphen in front"),
    ("made-here-", "a hyphen at the end"),
    ("made--here", "two hyphens"),
    ("made_here", "an underscore"),
    ("ab", "too short"),
    ("x" * 64, "one too long"),
    ("x" * 4000, "far too long"),
    ("{name}", "the route's own parameter"),
    ("${jndi:ldap:%2f%2fevil%2fx}", "a lookup of log4j"),
    ("@evil.example", "a login for another host"),
    (":8443", "a port"),
    ("http:%2f%2f169.254.169.254%2fmetadata", "the address of cloud metadata"),
    ("'%20or%20'1'='1", "SQL"),
    ("*", "everything"),
]

_FACTORIES = [
    ("third-adf", "a name that is not listed"),
    (UNLISTED, "an id that is not listed"),
    (OTHER_SUBSCRIPTION, "the listed name in another subscription"),
    (FACTORY.replace("example-rg", "other-rg"), "the listed name in another resource group"),
    (f"{FACTORY}/", "the listed id and a slash"),
    (f"{FACTORY}/integrationRuntimes/x", "something inside the listed factory"),
    (f"{FACTORY}/../third-adf", "up and down again"),
    (f"{FACTORY}%2f..%2fthird-adf", "up and down again, encoded"),
    (f"{FACTORY}%252f..%252fthird-adf", "up and down again, encoded twice"),
    (f"/{FACTORY}", "two slashes in front"),
    (FACTORY.replace("Microsoft.DataFactory", "Microsoft.Compute"), "another provider"),
    (FACTORY.replace("/factories/", "/factories/x%2f..%2f"), "a detour"),
    ("example-adf%00", "a null byte"),
    ("example-adf%0a", "a newline"),
    ("example-adf%20", "a space"),
    ("example-adf.", "a dot"),
    ("ex%d0%b0mple-adf", "a Cyrillic a"),
    ("%ef%bd%85xample-adf", "a full-width e"),
    ("..", "the parent"),
    ("", "nothing"),
    ("*", "everything"),
    ("example-adf,third-adf", "a list"),
    ("example-adf&factory=third-adf", "twice"),
    ("example-adf&FACTORY=third-adf", "twice, in another case"),
    ("example-adf&%66actory=third-adf", "twice, encoded"),
    ("example-adf&factory[]=third-adf", "as an array"),
    ("example-adf&factory.name=third-adf", "as an object"),
    ("example-adf&subscriptionId=87654321-1234-1234-1234-123456789012", "another parameter of ARM's path"),
    ("example-adf&api-version=2018-06-01", "a parameter of ARM"),
    ("http://169.254.169.254/latest/meta-data", "the address of cloud metadata"),
    ("file:///etc/passwd", "a file"),
    ("//evil.example", "another host"),
    ("https://management.azure.com/subscriptions", "ARM itself"),
]

_ARM_PATHS = [
    (f"/api{UNLISTED}/integrationRuntimes/x-y{VERSION}", "an unlisted factory"),
    (f"/api{OTHER_SUBSCRIPTION}/integrationRuntimes/x-y{VERSION}", "another subscription"),
    (f"/api{UNLISTED}/integrationRuntimes/x-y{VERSION}&factory=example-adf", "an unlisted one, and a listed one aside"),
    (f"{ARM}x-y{VERSION}&factory=third-adf", "a listed factory, and an unlisted one aside"),
    (f"{ARM}x-y", "no version"),
    (f"{ARM}x-y?api-version=2018-06-01&api-version=2099-01-01", "two versions"),
    (f"{ARM}x-y?api-version=2018-06-01%26factory=third-adf", "a parameter inside the version"),
    (f"/api{FACTORY}/../third-adf/integrationRuntimes/x-y{VERSION}", "up and down again"),
    (f"/api{FACTORY}%2f..%2fthird-adf/integrationRuntimes/x-y{VERSION}", "up and down again, encoded"),
    (f"/api{FACTORY}%5c..%5cthird-adf/integrationRuntimes/x-y{VERSION}", "with backslashes"),
    (f"/api{FACTORY}%252f..%252fthird-adf/integrationRuntimes/x-y{VERSION}", "encoded twice"),
    (f"/api{FACTORY};x=1/integrationRuntimes/x-y{VERSION}", "a matrix parameter"),
    (f"/api{FACTORY}%00/integrationRuntimes/x-y{VERSION}", "a null byte"),
    (f"/api{FACTORY}%0a/integrationRuntimes/x-y{VERSION}", "a newline"),
    (f"/api{FACTORY.replace('example-rg', '..')}/integrationRuntimes/x-y{VERSION}", "the parent as resource group"),
    (f"/api{FACTORY.replace('example-rg', '%2e%2e')}/integrationRuntimes/x-y{VERSION}", "the same, encoded"),
    (f"/api{FACTORY.replace('example-rg', 'example-rg%2fx')}/integrationRuntimes/x-y{VERSION}", "one more segment"),
    (f"/api{FACTORY.replace('example-rg', '%d0%b5xample-rg')}/integrationRuntimes/x-y{VERSION}", "a Cyrillic e"),
    (f"/api{FACTORY.replace('/subscriptions', '/subscriptions/..')}/integrationRuntimes/x-y{VERSION}", "a detour"),
    (f"/api{FACTORY.replace('DataFactory', 'Compute')}/virtualMachines/x-y{VERSION}", "another provider"),
    (f"/api{FACTORY}/linkedservices/x-y{VERSION}", "a linked service"),
    (f"/api{FACTORY}/pipelines/x-y{VERSION}", "a pipeline"),
    (f"/api{FACTORY}{VERSION}", "the factory itself"),
    (f"/api{FACTORY.partition('/providers')[0]}{VERSION}", "the resource group"),
    (f"/api/subscriptions{VERSION}", "all subscriptions"),
    (f"/api{ARM}x-y{VERSION}", "the prefix twice"),
    (f"{FACTORY}/integrationRuntimes/x-y{VERSION}", "no prefix"),
    ("/_emulator/reset", "the emulator's own endpoint, through the app"),
    ("/api/_emulator/reset", "the same below the prefix"),
]

_POSTS = [
    (f"/api{FACTORY}/airflow/sync{VERSION}", "a sync by hand"),
    (f"{ARM}sample-2/listAuthKeys{VERSION}", "the keys of a runtime"),
    (f"{ARM}sample-2/start/../listAuthKeys{VERSION}", "an action behind another"),
    (f"{ARM}sample-2/start%2f..%2flistAuthKeys{VERSION}", "the same, encoded"),
    (f"{OWN}sample-2/listAuthKeys", "an action that is not offered, at our own path"),
    (f"{OWN}..%2fsample-2/start", "a name with a slash, started"),
    (f"{OWN}sample-2/start/extra", "one segment too many"),
    ("/api/routes/..%2f..%2fflights/sync", "a document of the storage as a route"),
    ("/api/routes/default%2f..%2fdefault/suspend", "a detour to a route"),
    ("/api/routes/%2e%2e/resume", "the parent of the routes"),
]

_GETS = [
    ("/api/routes/first/syncs/..%2f..%2froutes%2ffirst", "a route's state as a record"),
    ("/api/routes/first/syncs/..%5c..%5croutes%5cfirst", "the same with backslashes"),
    ("/api/routes/first/syncs/%252e%252e%252fstate", "encoded twice"),
    ("/api/routes/first/syncs/%00", "a null byte in the name of a blob"),
    (f"/api/routes/first/syncs/{'x' * 2000}", "a name that is too long for a blob"),
    ("/api/routes/first/syncs/%ed%a0%80", "no UTF-8 in the name of a blob"),
    ("/api/routes/first/syncs?limit=-1", "a page of less than nothing"),
    ("/api/routes/first/syncs?limit=1e9", "a page without an end"),
]

# What the query of a `Location` holds is the caller's to make up.
_OPERATIONS = [
    (f"{FACTORY}%2f..%2fthird-adf/operationresults/x", "up to another factory, encoded"),
    (f"{FACTORY}/..%2fthird-adf/operationresults/x", "a detour behind the listed one, encoded"),
    (f"{FACTORY}/..%5cthird-adf/operationresults/x", "a backslash, encoded"),
    (f"{FACTORY}/..\\third-adf/operationresults/x", "a backslash, plain"),
    (f"{FACTORY}/%252e%252e/third-adf/operationresults/x", "encoded twice"),
    (f"{UNLISTED}/operationresults/x", "an unlisted factory"),
    (f"//evil.example{FACTORY}/operationresults/x", "another host"),
    (f"{FACTORY}/linkedservices/operationresults", "a linked service"),
]


def token(path: str) -> str:
    """Return an operation as our `Location` has it."""
    stored = {"url": f"{path}?api-version=2018-06-01", "follow": "Location", "afterSeconds": 1}
    return base64.urlsafe_b64encode(json.dumps(stored).encode()).decode()


_BODIES = [
    (spec(name="other-one"), "another name in the body"),
    (spec(name="../third-adf"), "a path as name in the body"),
    (spec(name="m\u0430de-here"), "a Cyrillic a in the body's name"),
    (spec(name="made-here\n"), "a newline in the body's name"),
    (spec(name=["made-here"]), "a list as name"),
    (b'{"name": "made-here", "name": "other-one", ' + BODY[1:], "the name twice"),
]

_POSTED_NAMES = ["..", "../sample-2", "a/b-c", "made-here\x00", "made-here\n", "\u212aelvin-one", "x" * 64, "", "a%2fb"]

_HEADERS = [
    ({"If-Match": "a\r\n X-Evil: 1"}, "a folded header"),
    ({"If-Match": "a\rX-Evil: 1"}, "a carriage return in a header"),
    ({"If-Match": "a\x00b"}, "a null byte in a header"),
    ({"If-Match": "\xff\xfe"}, "no ASCII in a condition"),
    ({"If-None-Match": ""}, "an empty condition"),
    ({"X-Bad\x00Name": "1"}, "a null byte in a header's name"),
    ({"Content-Length": "5, 6"}, "two lengths"),
    ({"Transfer-Encoding": "chunked"}, "two ways to tell where the body ends"),
]

REFUSED = [
    *(Attack(f"name: {why}", f"{OWN}{name}") for name, why in _NAMES),
    *(Attack(f"name at ARM's path: {why}", f"{ARM}{name}{VERSION}") for name, why in _NAMES),
    *(Attack(f"deleted name: {why}", f"{OWN}{name}", "DELETE", body=b"") for name, why in _NAMES),
    *(Attack(f"factory: {why}", f"{OWN}made-here?factory={asked}") for asked, why in _FACTORIES),
    *(Attack(f"list of factory: {why}", f"/api/environments?factory={asked}", "GET") for asked, why in _FACTORIES),
    *(Attack(f"ARM's path: {why}", target) for target, why in _ARM_PATHS),
    *(Attack(f"ARM's path, read: {why}", target, "GET", body=b"") for target, why in _ARM_PATHS),
    *(Attack(f"post: {why}", target, "POST") for target, why in _POSTS),
    *(Attack(f"get: {why}", target, "GET", body=b"") for target, why in _GETS),
    *(
        Attack(f"operation: {why}", f"{OWN}sample-2/start?operation={token(path)}", "GET", body=b"")
        for path, why in _OPERATIONS
    ),
    *(Attack(f"body: {why}", f"{OWN}made-here", body=body) for body, why in _BODIES),
    *(
        Attack(f"posted name: {name[:20]!r}", "/api/environments", "POST", body=spec(name=name))
        for name in _POSTED_NAMES
    ),
    *(Attack(f"header: {why}", f"{OWN}made-here", headers=headers) for headers, why in _HEADERS),
    Attack("raw UTF-8 in the path", in_utf8(f"{OWN}m\u0430de-here")),
    Attack("raw bytes in the path", f"{OWN}made\xff\xfe-here"),
    Attack("a space in the path", f"{OWN}made here"),
    Attack("two slashes", f"{OWN}/made-here"),
    Attack("two slashes in front", "//api/environments/made-here"),
    Attack("backslashes for slashes", "\\api\\environments\\made-here"),
    Attack("another host and ARM's path", f"http://management.azure.com{FACTORY}/integrationRuntimes/x-y{VERSION}"),
    Attack("another host and our own path", f"http://management.azure.com{OWN}sample-2", "GET", body=b""),
    Attack("a tunnel", "169.254.169.254:80", "CONNECT", body=b""),
    Attack("the whole server", "*", "OPTIONS", body=b""),
    Attack("a method that is not offered", f"{OWN}made-here", "TRACE", body=b""),
    Attack("a method in lower case", f"{OWN}made-here", "put"),
    Attack("a method of WebDAV", f"{OWN}made-here", "MOVE", {"Destination": "/api/environments/other-one"}),
]

# These are answered, and whatever they name besides the path makes no difference.
_ELSEWHERE = f"/api{UNLISTED}/integrationRuntimes/other-one"
IGNORED = [
    *(
        Attack(f"{name}: {value}", f"{OWN}sample-2", "GET", {name: value}, b"")
        for name, value in (
            ("X-HTTP-Method-Override", "DELETE"),
            ("X-HTTP-Method", "DELETE"),
            ("X-Method-Override", "PUT"),
            ("X-Original-URL", _ELSEWHERE),
            ("X-Rewrite-URL", _ELSEWHERE),
            ("X-Forwarded-Host", "evil.example"),
            ("X-Forwarded-Path", _ELSEWHERE),
            ("X-Forwarded-Prefix", "/../.."),
            ("Forwarded", "host=evil.example"),
            ("Destination", _ELSEWHERE),
            ("Host", "management.azure.com"),
            ("Host", "["),  # Azure's server refuses this one and the next before the app sees them
            ("Host", "a b"),
            ("Authorization", "Bearer of-the-caller"),
            ("x-ms-client-request-id", "of-the-caller"),
            ("x-ms-correlation-request-id", "of-the-caller"),
            ("Cookie", "factory=third-adf"),
            ("Proxy", "http://evil.example"),
        )
    ),
    Attack("another case", f"{OWN.upper()}SAMPLE-2", "GET", body=b""),
    Attack("a slash at the end", f"{OWN}sample-2/", "GET", body=b""),
    Attack("a name that is encoded", f"{OWN}%73ample%2D2", "GET", body=b""),
    Attack("a key as a path", f"{OWN}sample-2?code=..%2f..%2fthird-adf&clientId=third-adf", "GET", body=b""),
]
