"""Services and their URLs: made of names or of a link that the service gave, never of text that may lead elsewhere."""

import re
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Self
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urljoin, urlsplit

_PORTS = {"https": 443, "http": 80}
_VISIBLE_ASCII = re.compile(r"[!-~]+")
# What a client swallows when it normalises a path.
_SWALLOWED = frozenset({"", ".", ".."})
# Windows servers take both, and some decode them before they divide a path.
_SEPARATOR = re.compile(r"[/\\]")


@dataclass(frozen=True, slots=True)
class Service:
    """A REST API of Azure: its base URL without a slash at its end, and the scope of the tokens that it takes.

    `name` stands in logs. `words` are the parts of its paths that may be logged, in lower case; all others are names
    and ids of customers.
    """

    endpoint: str
    scope: str
    name: str = "service"
    words: frozenset[str] = field(default=frozenset(), repr=False)

    def __post_init__(self) -> None:
        """Refuse an endpoint that a bearer token must not travel to."""
        url = urlsplit(self.endpoint)
        if not (url.scheme == "https" or (url.scheme == "http" and is_loopback(url.hostname))):
            raise ValueError("expected an endpoint that starts with https:// (http:// only for a loopback address)")
        only_origin = url.hostname and not (url.path or url.query or url.fragment or url.username or url.password)
        if not (only_origin and _VISIBLE_ASCII.fullmatch(self.endpoint) and has_legal_port(url)):
            raise ValueError("expected an endpoint of scheme, host and port only, like https://management.azure.com")

    @property
    def title(self) -> str:
        """What the service is called in a sentence."""
        return "ARM" if self.name == "arm" else self.name.capitalize()

    @property
    def encrypted(self) -> bool:
        """Whether requests are encrypted; only a loopback address may do without."""
        return self.endpoint.lower().startswith("https:")

    def owns(self, link: str) -> bool:
        """Whether an absolute URL has this endpoint's scheme, host and port, so that a token may go there."""
        url = urlsplit(link)
        return not (url.username or url.password) and _origin(url) == _origin(urlsplit(self.endpoint))


@dataclass(frozen=True, slots=True)
class Url:
    """What follows the endpoint: an encoded path, and a query."""

    path: str
    query: str = ""

    @classmethod
    def to(cls, *names: str, query: str = "") -> Self:
        """Make a URL from the parts of its path; raise ValueError for a part that a client would swallow."""
        if _SWALLOWED.intersection(names):
            raise ValueError("expected the parts of a path; an empty part, '.' and '..' are none")
        return cls("".join(f"/{quote(name, safe='')}" for name in names), query)

    @classmethod
    def given(cls, link: str, service: Service) -> Self:
        """Take over a link from an answer; raise ValueError unless it leads to the service's own endpoint."""
        absolute = urljoin(f"{service.endpoint}/", link)
        if not service.owns(absolute):
            raise ValueError("the service gave a link to another host, which must not see our token")
        url = urlsplit(absolute)
        if _SWALLOWED.intersection(_SEPARATOR.split(unquote(url.path))[1:]):
            raise ValueError("the service gave a link with an empty part, '.' or '..' in its path")
        return cls(url.path, url.query)

    def template(self, words: frozenset[str]) -> str:
        """Return the path for a log: with `{}` in place of every part that is not one of the words."""
        return "".join(f"/{part}" if part.lower() in words else "/{}" for part in self.path.split("/")[1:])

    def at(self, endpoint: str) -> str:
        """Return the whole URL."""
        return f"{endpoint}{self.path}?{self.query}" if self.query else f"{endpoint}{self.path}"


def same(meant: str, prepared: str) -> bool:
    """Whether an HTTP library left a URL as it was meant: origin, each segment of the path, each item of the query."""
    return meant == prepared or _parts(meant) == _parts(prepared)


def has_legal_port(url: SplitResult) -> bool:
    """Whether the URL names no port, or one that exists."""
    try:
        return url.port != 0
    except ValueError:
        return False


def is_loopback(host: str | None) -> bool:
    """Whether the host is this machine, so that what is sent there needs no encryption."""
    if host == "localhost":
        return True
    try:
        return ip_address(host or "").is_loopback
    except ValueError:
        return False


def _origin(url: SplitResult) -> tuple[str, str | None, int | None]:
    port = url.port if has_legal_port(url) else -1
    return url.scheme, url.hostname, _PORTS.get(url.scheme) if port is None else port


def _parts(url: str) -> tuple[object, ...]:
    split = urlsplit(url)
    segments = [unquote(segment) for segment in split.path.split("/")]
    return split.scheme, split.netloc.lower(), segments, parse_qsl(split.query, keep_blank_values=True), split.fragment


def check_encrypted(url: str) -> None:
    """Raise ValueError, which does not repeat the URL, unless what is sent there is encrypted or stays on this machine.

    A URL may hold a secret itself, as those of chat services do.
    """
    parts = _split(url)
    encrypted = parts is not None and parts.scheme == "https"
    if not (parts and (encrypted or (parts.scheme == "http" and is_loopback(parts.hostname)))):
        raise ValueError("expected a URL that starts with https:// (http:// only for a loopback address)")
    if not (parts.hostname and has_legal_port(parts) and all("!" <= character <= "~" for character in url)):
        raise ValueError("expected a URL with a host, in visible ASCII characters")


def _split(url: str) -> SplitResult | None:
    try:
        return urlsplit(url)
    except ValueError:
        return None
