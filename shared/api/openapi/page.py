"""The reference page: the document as HTML, readable without scripts and without anything from another host."""

import base64
import hashlib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

from shared.api.openapi.html import Html, element, joined, prose
from shared.api.openapi.operation import Json
from shared.api.openapi.page_operations import operation_section
from shared.api.openapi.page_schemas import schema_sections

_STYLE = Path(__file__).with_name("page.css").read_text(encoding="utf-8")
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()

# The page's address may hold a key, so no other site and no cache may learn of it.
PAGE_HEADERS = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
}


def page(document: Json, key: str | None) -> str:
    """Return the page; `key` is the one that its link to the document needs."""
    info, by_tag = document["info"], list(_by_tag(document))
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("title", f"{info['title']} API"),
        element("style", Html(_STYLE)),
    )
    link = element("a", "OpenAPI document", href="openapi.json" + (f"?{urlencode({'code': key})}" if key else ""))
    title, intro = element("h1", f"{info['title']} API"), element("p", prose(info["description"]))
    header = element(
        "header", title, intro, element("p", link), _who_may_ask(document["components"]["securitySchemes"])
    )
    schemas = element("section", element("h2", "Schemas"), *schema_sections(document["components"]["schemas"]))
    main = element("main", *(_tag_section(tag, operations) for tag, operations in by_tag), schemas)
    body = element("body", header, element("nav", *_contents(by_tag)), main)
    return f"<!doctype html>{element('html', head, body, lang='en')}"


_Operations = list[tuple[str, str, Json]]


def _by_tag(document: Json) -> Iterator[tuple[Json, _Operations]]:
    operations = [
        (method, path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    for tag in document["tags"]:
        yield tag, [each for each in operations if tag["name"] in each[2]["tags"]]


def _contents(by_tag: list[tuple[Json, _Operations]]) -> Iterator[Html]:
    for tag, operations in by_tag:
        links = [
            element("li", element("a", f"{method.upper()} {path}", href=f"#{operation['operationId']}"))
            for method, path, operation in operations
        ]
        yield joined(element("strong", tag["name"]), element("ul", *links))


def _who_may_ask(schemes: Json) -> Html:
    rows = [
        element(
            "tr",
            element("th", element("code", each["name"]), f" ({each['in']})", scope="row"),
            element("td", prose(each["description"])),
        )
        for each in schemes.values()
    ]
    return element("table", *rows)


def _tag_section(tag: Json, operations: _Operations) -> Html:
    sections = (operation_section(*each) for each in operations)
    return element("section", element("h2", tag["name"]), element("p", tag["description"]), *sections)
