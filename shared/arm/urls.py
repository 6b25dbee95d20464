"""URLs of ARM: made of names or of a link that ARM gave, and never of text that could lead elsewhere."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self
from urllib.parse import parse_qsl, quote, unquote, urljoin, urlsplit

if TYPE_CHECKING:
    from shared.arm.clouds import Cloud

API_VERSION = "2018-06-01"
# What a client swallows when it normalises a path: the seed's own rule for resource groups lets `..` through.
_SWALLOWED = frozenset({"", ".", ".."})
# The words of Data Factory's paths. Everything else in a path is somebody's name or id, and is not logged.
_WORDS = frozenset(
    {
        "subscriptions",
        "resourcegroups",
        "providers",
        "microsoft.datafactory",
        "factories",
        "integrationruntimes",
        "start",
        "stop",
        "airflow",
        "sync",
        "integrationruntimesstart",
        "integrationruntimesstop",
        "operationresults",
        "operationstatuses",
    }
)


@dataclass(frozen=True, slots=True)
class ArmUrl:
    """What follows the endpoint: an encoded path, and a query."""

    path: str
    query: str = f"api-version={API_VERSION}"

    @classmethod
    def to(cls, *names: str) -> Self:
        """Make the URL of a resource from the parts of its id; raise ValueError for one that a client would swallow."""
        if _SWALLOWED.intersection(names):
            raise ValueError("expected the parts of a path; an empty part, '.' and '..' are none")
        return cls("".join(f"/{quote(name, safe='')}" for name in names))

    @classmethod
    def given(cls, link: str, cloud: "Cloud") -> Self:
        """Take over a link from one of ARM's answers; raise ValueError unless it leads to the cloud's own endpoint."""
        absolute = urljoin(f"{cloud.endpoint}/", link)
        if not cloud.owns(absolute):
            raise ValueError("ARM gave a link to another host, which must not see our token")
        url = urlsplit(absolute)
        if _SWALLOWED.intersection(map(unquote, url.path.split("/")[1:])):
            raise ValueError("ARM gave a link with an empty part, '.' or '..' in its path")
        return cls(url.path, url.query)

    @property
    def template(self) -> str:
        """The path for a log: with `{}` in place of every name and id."""
        return "".join(f"/{part}" if part.lower() in _WORDS else "/{}" for part in self.path.split("/")[1:])

    def at(self, endpoint: str) -> str:
        """Return the whole URL."""
        return f"{endpoint}{self.path}?{self.query}"


def same(meant: str, prepared: str) -> bool:
    """Whether an HTTP library left a URL as it was meant: origin, each segment of the path, each item of the query."""
    return meant == prepared or _parts(meant) == _parts(prepared)


def _parts(url: str) -> tuple[object, ...]:
    split = urlsplit(url)
    segments = [unquote(segment) for segment in split.path.split("/")]
    return split.scheme, split.netloc.lower(), segments, parse_qsl(split.query, keep_blank_values=True), split.fragment
