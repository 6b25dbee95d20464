"""The reference page: whole, escaped, and without anything from elsewhere."""

import base64
import hashlib
import re
from html.parser import HTMLParser

import azure.functions as func
import pytest

from shared.api.endpoints import ENDPOINTS
from shared.api.openapi.html import Html, element, prose
from shared.api.openapi.reference import ApiReference


class Seen(HTMLParser):
    """What a browser would find: elements, ids, links; every element that is opened is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in {"br", "meta"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def all(self, attribute: str) -> list[str]:
        return [value for name, value in self.attributes if name == attribute]


def shown(**params: str) -> func.HttpResponse:
    return ApiReference(ENDPOINTS).page(func.HttpRequest("GET", "/api/docs", params=params, body=b""))


def parsed(content: str) -> Seen:
    seen = Seen()
    seen.feed(content)
    seen.close()
    assert seen.open == []
    return seen


@pytest.fixture(scope="module")
def page() -> Seen:
    return parsed(shown().get_body().decode())


def test_every_operation_has_its_place(page: Seen) -> None:
    assert {endpoint.name for endpoint in ENDPOINTS} <= set(page.all("id"))


def test_every_link_leads_to_a_place_on_the_page_or_to_the_document(page: Seen) -> None:
    links = page.all("href")
    assert {link for link in links if not link.startswith("#")} == {"openapi.json"}
    assert {link.removeprefix("#") for link in links} - {"openapi.json"} <= set(page.all("id"))


def test_nothing_is_loaded_and_nothing_is_run(page: Seen) -> None:
    assert page.tags.isdisjoint({"script", "link", "img", "iframe", "object", "embed", "form"})
    assert page.all("src") == page.all("style") == []


def test_the_policy_lets_in_the_pages_own_style_and_nothing_else() -> None:
    response = shown()
    style = re.search("<style>(.*)</style>", response.get_body().decode(), re.DOTALL)
    assert style
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    policy = response.headers["Content-Security-Policy"]
    assert policy.startswith(f"default-src 'none'; style-src 'sha256-{digest}';")
    assert "unsafe" not in policy


def test_the_pages_address_holds_a_key_so_it_is_told_to_nobody() -> None:
    headers = shown().headers
    assert (headers["Referrer-Policy"], headers["Cache-Control"]) == ("no-referrer", "no-store")


def test_a_key_cannot_break_out_of_the_link() -> None:
    seen = parsed(shown(code='"><script>alert(1)</script>&x=').get_body().decode())
    assert "openapi.json?code=%22%3E%3Cscript%3Ealert%281%29%3C%2Fscript%3E%26x%3D" in seen.all("href")
    assert "script" not in seen.tags


def test_text_is_escaped_and_markup_is_not_escaped_twice() -> None:
    assert element("p", "a < b", Html("<br>"), None, id='"') == '<p id="&quot;">a &lt; b<br></p>'
    assert prose("`<a>` & b") == "<code>&lt;a&gt;</code> &amp; b"
