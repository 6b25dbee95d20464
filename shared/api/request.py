"""What a request holds: its body as a JSON object, its query, its URL."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import parse_qsl

import azure.functions as func

from shared.api.problem import Problem
from shared.exact_json import loads

# A spec is a few kilobytes; ARM itself takes at most 4 MB.
LARGEST_BODY = 1024 * 1024
# A spec has five levels; far below where a walk through all of them could meet Python's limit.
DEEPEST_BODY = 64


def json_object(request: func.HttpRequest, *media_types: str) -> dict[str, Any]:
    """Return the body as a JSON object; raise a Problem (400, 411, 413, 415 or 422) that says what was expected.

    It may be `application/json`, or one of the further media types.
    """
    content = content_of(request, needed=True)
    _check_media_type(request, (*media_types, "application/json"))
    try:
        body = _read(content)
    except (ValueError, RecursionError):
        raise Problem("NotJson", "expected a body that is JSON in UTF-8") from None
    if _levels(body, DEEPEST_BODY + 1) > DEEPEST_BODY:
        raise Problem("TooDeep", f"expected a body of at most {DEEPEST_BODY} levels")
    if not isinstance(body, dict):
        errors = [{"path": "", "message": "expected a JSON object"}]
        raise Problem("InvalidSpec", "the body is not an environment spec", errors)
    return body


def small_number(text: str) -> int | None:
    """Return the number that one to nine digits mean, None for anything else."""
    return int(text) if re.fullmatch(r"[0-9]{1,9}", text) else None


def _check_media_type(request: func.HttpRequest, accepted: tuple[str, ...]) -> None:
    media_type = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if media_type not in accepted:
        header = "Accept-Patch" if request.method == "PATCH" else "Accept"
        detail = f"expected Content-Type: {' or '.join(accepted)}"
        raise Problem("UnsupportedMediaType", detail, headers={header: ", ".join(accepted)})


def content_of(request: func.HttpRequest, *, needed: bool) -> bytes:
    """Return the body as it came; raise a Problem: 411 if it got lost, 413 if it is too large, 415 if compressed.

    Azure Functions hands over an empty body where the request has no `Content-Length`, as chunked ones have none.
    """
    encoding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in {"", "identity"}:
        detail = "expected a body that is not compressed, without Content-Encoding"
        raise Problem("UnsupportedContentEncoding", detail, headers={"Accept-Encoding": "identity"})
    content = request.get_body()
    if not content and _got_lost(request, needed=needed):
        raise Problem("BodyMissing", "no body arrived: send it with Content-Length, not chunked")
    if len(content) > LARGEST_BODY:
        raise Problem("BodyTooLarge", f"expected a body of at most {LARGEST_BODY} bytes")
    return content


def _got_lost(request: func.HttpRequest, *, needed: bool) -> bool:
    return "Transfer-Encoding" in request.headers or (needed and "Content-Length" not in request.headers)


def _read(content: bytes) -> Any:  # noqa: ANN401 - any JSON value
    """Read JSON in UTF-8 (RFC 8259, 8.1); raise ValueError for anything else, half of a surrogate pair included."""
    body = loads(content.decode("utf-8-sig"))
    json.dumps(body, ensure_ascii=False, default=str).encode()
    return body


def _levels(value: Any, most: int) -> int:  # noqa: ANN401 - any JSON value
    """Return how deeply objects and lists are nested, counted up to `most`."""
    level, count = [value], 0
    while count < most and (level := [child for each in level for child in _children(each)]):
        count += 1
    return count


def _children(value: Any) -> Iterable[Any]:  # noqa: ANN401
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


# The function key and its name, which Azure Functions takes from the query (App Service's own, "HTTP trigger keys").
_OF_THE_HOST = frozenset({"code", "clientid"})


def query_of(request: func.HttpRequest, *known: str) -> Mapping[str, str]:
    """Return the parameters by their names in lower case; raise a Problem (400) for one unknown or given twice."""
    ours = parameters_of(request)
    given = dict(ours)
    if len(given) < len(ours) or not given.keys() <= {name.lower() for name in known}:
        expected = f"no other query parameters than {' and '.join(known)}" if known else "no query parameters"
        raise Problem("InvalidQuery", f"expected {expected}, each once at most")
    return given


def parameters_of(request: func.HttpRequest) -> list[tuple[str, str]]:
    """Return the parameters that are not the host's, with their names in lower case.

    They are read from the URL, because the host leaves out those without a value.
    """
    pairs = [(name.lower(), value) for name, value in parse_qsl(RequestUrl.of(request).query, keep_blank_values=True)]
    return [(name, value) for name, value in pairs if name not in _OF_THE_HOST]


def flag(query: Mapping[str, str], name: str) -> bool:
    """Return a parameter that is `true` or `false`, and false without it; raise a Problem (400) for anything else."""
    value = query.get(name.lower(), "false").lower()
    if value not in {"true", "false"}:
        raise Problem("InvalidQuery", f"expected {name}=true or {name}=false")
    return value == "true"


@dataclass(frozen=True, slots=True)
class RequestUrl:
    """Where a request went: `origin` like `https://app.example`, `path` as it came, `query` without `?`."""

    origin: str
    path: str
    query: str

    @classmethod
    def of(cls, request: func.HttpRequest, *, trust_proxy: bool = False) -> Self:
        """Divide the URL of a request; a proxy that is trusted tells the scheme and host that the caller used."""
        address, _, query = request.url.partition("#")[0].partition("?")
        scheme, _, rest = address.partition("://")
        host, slash, path = rest.partition("/")
        if trust_proxy:
            scheme = _forwarded(request, "X-Forwarded-Proto", _SCHEME) or scheme
            host = _forwarded(request, "X-Forwarded-Host", _HOST) or host
        return cls(f"{scheme}://{host}", slash + path, query)


_SCHEME = re.compile(r"https?")
_HOST = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")


def _forwarded(request: func.HttpRequest, header: str, form: re.Pattern[str]) -> str | None:
    """Return the first value, which is that of the proxy nearest to the caller, if it is well-formed."""
    value: str = request.headers.get(header, "").partition(",")[0].strip()
    return value if form.fullmatch(value) else None
