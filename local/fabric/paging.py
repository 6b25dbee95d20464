"""Fabric's lists: a page, and where the next one is (the REST API's "Pagination")."""

from http import HTTPStatus

from local.arm.exchange import Answer, JsonObject
from local.fabric.errors import FabricError
from local.fabric.state import Asked

_LONGEST_TOKEN = 18


def page(asked: Asked, items: list[JsonObject], *, key: str = "value", query: str = "") -> Answer:
    """Return the page that the request's `continuationToken` names; `query` is what the next call has to repeat."""
    start, size = _start(asked.call.query.get("continuationToken")), asked.settings.fabric_page_size
    shown: JsonObject = {key: list(items[start : start + size])}
    if start + size < len(items):
        token = str(start + size)
        more = "&".join(part for part in (query, f"continuationToken={token}") if part)
        shown |= {
            "continuationToken": token,
            "continuationUri": f"{asked.call.origin}{asked.call.path}?{more}",
        }
    return Answer(HTTPStatus.OK, shown)


def _start(token: str | None) -> int:
    if token is None:
        return 0
    if not token.isdecimal() or len(token) > _LONGEST_TOKEN:
        raise FabricError.invalid("The continuation token is not one of this list.")
    return int(token)
