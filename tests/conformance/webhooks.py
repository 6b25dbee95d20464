"""The webhooks: the status for each kind of event and function name, and what runs."""

import json
from collections.abc import Mapping
from functools import partial
from typing import Any

from tests.conformance.hosts import PATIENCE_S, Host
from tests.conformance.scenario import Scenario
from tests.emulated_storage import unique
from tests.waiting import until

NOTIFICATION, VALIDATION = "Notification", "SubscriptionValidation"
TOLD, EVENT = "Host.Functions.on_told", "on_event"
BLOCK = "BlockBlob"
CODE = {"validationCode": "abc"}
CREATED = {"id": "1", "topic": "t", "subject": "s", "eventType": "Microsoft.Storage.BlobCreated", "dataVersion": ""}
CLOUD = {"specversion": "1.0", "id": "1", "source": "t", "type": "Microsoft.Storage.BlobCreated"}
GRID_EVENT = {**CREATED, "eventTime": "2026-01-01T00:00:00.1234567Z", "data": {"n": 1}}


def created(blob_url: str, **data: object) -> dict[str, Any]:
    """Return an event about a blob; a key of the data that is None is left out."""
    content = {"url": blob_url, "eTag": "0x1", "blobType": BLOCK, **data}
    return {**CREATED, "eventTime": "2026-01-01T00:00:00Z", "data": {k: v for k, v in content.items() if v is not None}}


def runs(host: Host, name: str) -> int:
    return sum(what["BlobName"] == name for what in host.seen("on_told"))


def post_blob(  # noqa: PLR0913 - what a delivery is made of
    host: Host,
    *,
    function: str = TOLD,
    container: str = "told",
    kind: str = NOTIFICATION,
    schema: str = "list",
    blob: str = "",
    escaped: bool = True,
    **data: object,
) -> object:
    """Post an event about a new blob; return the status and how often it ran."""
    name = unique("told") + blob
    place = host.own(container)
    host.storage.upload(place, name)
    url = host.storage.url_of(place, name)
    event = created(url if escaped else url.partition(f"/{place}/")[0] + f"/{place}/{name}", **data)
    body: Any = {
        "list": [event],
        "object": event,
        "cloud": {**CLOUD, "data": event["data"]},
        "twice": [event, event],
        "good, then bad": [event, {**CREATED, "data": {}}],
        "rubbish behind": [event],
    }[schema]
    text = json.dumps(body) + ("xx" if schema == "rubbish behind" else "")
    status = host.post_events("blobs", function, text.encode(), kind).status_code
    wait_for_marker(host)
    return status, runs(host, name)


def wait_for_marker(host: Host) -> None:
    """Wait for the run of a last blob, behind which nothing is left that was posted before."""
    name = unique("marker")
    host.storage.upload(host.own("told"), name)
    host.post_events(
        "blobs", TOLD, json.dumps([created(host.storage.url_of(host.own("told"), name))]).encode(), NOTIFICATION
    )
    until(lambda: runs(host, name), "the marker's run", PATIENCE_S)
    until(lambda: host.storage.is_empty(f"azure-webjobs-blobtrigger-{host.id}"), "no message is left", PATIENCE_S)


def post_blob_that_is_gone(host: Host) -> object:
    name = unique("gone")
    url = host.storage.url_of(host.own("told"), name)
    status = host.post_events("blobs", TOLD, json.dumps([created(url)]).encode(), NOTIFICATION).status_code
    wait_for_marker(host)
    return status, runs(host, name)


def post_body(host: Host, body: bytes, *, extension: str, function: str, kind: str | None = NOTIFICATION) -> object:
    """Post a body; return the status."""
    return host.post_events(extension, function, body, kind).status_code


def post_validation(host: Host, body: object, *, extension: str, function: str) -> object:
    answer = host.post_events(extension, function, json.dumps(body).encode(), VALIDATION)
    return answer.status_code, answer.headers.get("Content-Type"), answer.json()


def post_grid(host: Host, events: list[Mapping[str, Any]], *, function: str = EVENT) -> object:
    """Post events for the Event Grid trigger; return status, text, and what ran."""
    mark = unique("subject")
    body = json.dumps([{**each, "subject": each["subject"].replace("MARK", mark)} for each in events]).encode()
    answer = host.post_events("eventgrid", function, body, NOTIFICATION)
    seen = [what for what in host.seen("on_event") if mark in str(what) or what[1] == "bad"]
    shown = [[kind, subject.replace(mark, "MARK"), data] for kind, subject, data in seen]
    return answer.status_code, answer.text, sorted(shown)


def shake_hands(host: Host, extension: str, origin: str | None) -> object:
    headers = {} if origin is None else {"WebHook-Request-Origin": origin}
    path = f"/runtime/webhooks/{extension}"
    query = {"code": host.keys[extension], "functionName": EVENT if extension == "eventgrid" else TOLD}
    answer = host.request("OPTIONS", path, params=query, headers=headers)
    return answer.status_code, answer.headers.get("Webhook-Allowed-Origin"), "Webhook-Allowed-Rate" in answer.headers


def ask(host: Host, method: str, path: str, key: str | None, kind: str = NOTIFICATION) -> object:
    """Ask a webhook with a key; return the status."""
    query = {"functionName": EVENT if "grid" in path.lower() else TOLD}
    code = {} if key is None else {"code": host.keys.get(key, key)}
    return host.request(
        method, path, params={**query, **code}, data=b"[]", headers={"aeg-event-type": kind}
    ).status_code


BLOB_EVENTS: dict[str, tuple[dict[str, Any], tuple[int, int]]] = {
    "a list": ({}, (202, 1)),
    "an object": ({"schema": "object"}, (202, 1)),
    "a CloudEvent": ({"schema": "cloud"}, (202, 1)),
    "an event twice": ({"schema": "twice"}, (202, 2)),
    "a good event and a bad one": ({"schema": "good, then bad"}, (500, 1)),
    "JSON with rubbish behind it": ({"schema": "rubbish behind"}, (202, 1)),
    "an old ETag": ({"eTag": "0xOLD"}, (202, 1)),
    "no ETag": ({"eTag": None}, (202, 1)),
    "a page blob": ({"blobType": "PageBlob"}, (202, 1)),
    "no blobType": ({"blobType": None}, (500, 0)),
    "an unknown blobType": ({"blobType": "Nonsense"}, (500, 0)),
    "no url": ({"url": None}, (500, 0)),
    "a relative url": ({"url": "told/x.py"}, (500, 0)),
    "a header in another case": ({"kind": "notification"}, (202, 1)),
    "a container of no function": ({"container": "elsewhere"}, (202, 1)),
    "the short id of the function": ({"function": "Functions.on_told"}, (202, 1)),
    "a function that is not there": ({"function": "Host.Functions.missing"}, (202, 0)),
    "a function without its prefix": ({"function": "on_told"}, (202, 0)),
    "a function in another case": ({"function": "host.functions.ON_TOLD"}, (202, 0)),
    "a name with odd characters": ({"blob": " ü#?%25 {x}.py"}, (202, 1)),
    "a # that is not escaped": ({"blob": "#x.py", "escaped": False}, (202, 1)),
    "a % that is not escaped": ({"blob": "-per%cent.py", "escaped": False}, (202, 1)),
    "a ? that is not escaped": ({"blob": "?x.py", "escaped": False}, (202, 0)),
    "a %20 that is not escaped": ({"blob": "%20x.py", "escaped": False}, (202, 0)),
}
BROKEN = {
    "no JSON": (b"no json", 500, 500),
    "an empty body": (b"", 500, 500),
    "an empty list": (b"[]", 202, 202),
    "a number": (b"5", 500, 500),
    "a text": (b'"text"', 500, 500),
    "null": (b"null", 500, 500),
    "a list of numbers": (b"[1]", 500, 500),
    "an empty object": (b"{}", 500, 202),
    "data that is no object": (b'{"data": 5}', 500, 202),
}
VALIDATIONS: dict[str, object] = {
    "a list": [{**CREATED, "data": CODE}],
    "an object": {**CREATED, "data": CODE},
    "a CloudEvent with a text": {**CLOUD, "data": json.dumps(CODE)},
}
BOTH = (("blobs", TOLD), ("eventgrid", EVENT))

WEBHOOKS = (
    *(
        Scenario(f"blobs webhook: {what}", partial(post_blob, **changes), expected)
        for what, (changes, expected) in BLOB_EVENTS.items()
    ),
    Scenario("blobs webhook: a blob that is gone", post_blob_that_is_gone, (202, 0)),
    *(
        Scenario(
            f"{extension} webhook: {what}",
            partial(post_body, body=body, extension=extension, function=function),
            statuses[n],
        )
        for n, (extension, function) in enumerate(BOTH)
        for what, (body, *statuses) in BROKEN.items()
    ),
    *(
        Scenario(
            f"{extension} webhook: validation by {what}",
            partial(post_validation, body=body, extension=extension, function=function),
            (200, "text/plain; charset=utf-8", {"validationResponse": "abc"}),
        )
        for extension, function in BOTH
        for what, body in VALIDATIONS.items()
    ),
    Scenario(
        "blobs webhook: validation for a function that is not there",
        partial(post_validation, body=VALIDATIONS["a list"], extension="blobs", function="missing"),
        (200, "text/plain; charset=utf-8", {"validationResponse": "abc"}),
    ),
    *(
        Scenario(
            f"{extension} webhook: {what}",
            partial(post_body, body=body, extension=extension, function=function, kind=kind),
            status,
        )
        for extension, function in BOTH
        for what, body, kind, status in (
            ("validation without a code", b'{"data": {}}', VALIDATION, 500),
            ("validation with an empty list", b"[]", VALIDATION, 500),
            ("no kind", b"[]", None, 400),
            ("an unknown kind", b"[]", "Nonsense", 400),
            ("the end of a subscription", b"[]", "Unsubscribe", 202),
        )
    ),
    *(
        Scenario(
            f"eventgrid webhook: {what}",
            partial(post_body, body=b"[]", extension="eventgrid", function=function),
            404,
        )
        for what, function in {
            "a function that is not there": "missing",
            "a function in another case": "ON_EVENT",
            "a function with a prefix": "Host.Functions.on_event",
        }.items()
    ),
    Scenario(
        "eventgrid webhook: a run for each event of a list",
        partial(post_grid, events=[{**GRID_EVENT, "subject": "MARK a"}, {**GRID_EVENT, "subject": "MARK b"}]),
        (202, "", [["EventGridEvent", "MARK a", {"n": 1}], ["EventGridEvent", "MARK b", {"n": 1}]]),
    ),
    Scenario(
        "eventgrid webhook: a CloudEvent",
        partial(post_grid, events=[{**CLOUD, "subject": "MARK", "data": {"n": 2}}]),
        (202, "", [["CloudEvent", "MARK", {"n": 2}]]),
    ),
    Scenario(
        "eventgrid webhook: one bad event of two fails the delivery, and both have run",
        partial(post_grid, events=[{**GRID_EVENT, "subject": "MARK"}, {**GRID_EVENT, "subject": "bad"}]),
        (
            500,
            "Exception while executing function: Functions.on_event",
            [["EventGridEvent", "MARK", {"n": 1}], ["EventGridEvent", "bad", {"n": 1}]],
        ),
    ),
    *(
        Scenario(
            f"{extension} webhook: a handshake from {origin or 'nowhere'}",
            partial(shake_hands, extension=extension, origin=origin),
            (200, "eventgrid.azure.net", False),
        )
        for extension, _ in BOTH
        for origin in ("eventgrid.azure.net", "stranger.example", None)
    ),
    *(
        Scenario(
            f"webhook: {method} {path} with {key or 'no'} key", partial(ask, method=method, path=path, key=key), status
        )
        for method, path, key, status in (
            ("POST", "/runtime/webhooks/eventgrid", "eventgrid", 202),
            ("POST", "/Runtime/WebHooks/EventGrid", "eventgrid", 202),
            ("POST", "/RUNTIME/webhooks/Blobs", "blobs", 202),
            ("POST", "/runtime/webhooks/eventgrid", "master", 202),
            ("POST", "/runtime/webhooks/eventgrid", "blobs", 403),
            ("POST", "/runtime/webhooks/blobs", "function", 403),
            ("POST", "/runtime/webhooks/blobs", "wrong", 401),
            ("POST", "/runtime/webhooks/blobs", None, 401),
            ("OPTIONS", "/runtime/webhooks/blobs", None, 401),
            ("GET", "/runtime/webhooks/eventgrid", "eventgrid", 202),
            ("PUT", "/runtime/webhooks/blobs", "blobs", 202),
            ("POST", "/runtime/webhooks/nothing", "master", 404),
        )
    ),
)
