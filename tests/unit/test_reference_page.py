"""The reference page: whole, escaped, and without anything from elsewhere."""

import base64
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser

import azure.functions as func
import pytest

from shared.api.endpoints import ENDPOINTS
from shared.api.openapi.document import ApiDocument
from shared.api.openapi.operation import Json
from shared.api.pages.reference.reference_page import Piece, ReferencePage, curl, limits_of, prose, type_of
from shared.api.problem import PROBLEM_KINDS


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
        if tag not in {"meta", "link", "wbr"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def all(self, attribute: str) -> list[str]:
        return [value for name, value in self.attributes if name == attribute]


def shown(**params: str) -> func.HttpResponse:
    return ReferencePage(ApiDocument(ENDPOINTS)).show(request(**params))


def request(**params: str) -> func.HttpRequest:
    return func.HttpRequest("GET", "/api/docs", params=params, body=b"")


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


def test_every_kind_of_problem_has_the_place_that_its_type_leads_to(page: Seen) -> None:
    for kind in PROBLEM_KINDS.values():
        path, _, anchor = kind.uri.partition("#")
        assert path == "/api/docs"
        assert anchor in page.all("id")


def test_no_two_places_have_the_same_name(page: Seen) -> None:
    assert len(page.all("id")) == len(set(page.all("id")))


def test_every_link_leads_to_a_place_on_the_page_or_to_the_document(page: Seen) -> None:
    links = set(page.all("href")) - {"data:,"}
    assert {link for link in links if not link.startswith("#")} == {"openapi.json"}
    assert {link.removeprefix("#") for link in links} - {"openapi.json"} <= set(page.all("id"))


def test_nothing_is_loaded_and_nothing_is_run(page: Seen) -> None:
    assert page.tags.isdisjoint({"script", "img", "iframe", "object", "embed", "form"})
    assert page.all("src") == page.all("style") == []
    assert page.all("rel") == ["icon"]


def test_the_policy_lets_in_the_pages_own_style_and_nothing_else() -> None:
    response = shown()
    (style,) = re.findall("<style>(.*?)</style>", response.get_body().decode(), re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = response.headers["Content-Security-Policy"]
    assert policy.startswith(f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:;")
    assert not re.search("unsafe|script-src|connect-src", policy)


def test_the_pages_address_holds_a_key_so_it_is_sent_nowhere() -> None:
    headers = shown().headers
    assert (headers["Referrer-Policy"], headers["Cache-Control"]) == ("no-referrer", "no-store")


def test_a_key_cannot_break_out_of_the_link() -> None:
    seen = parsed(shown(code='"><script>alert(1)</script>&x=').get_body().decode())
    assert "openapi.json?code=%22%3E%3Cscript%3Ealert%281%29%3C%2Fscript%3E%26x%3D" in seen.all("href")
    assert "script" not in seen.tags


def test_whatever_the_document_says_is_escaped() -> None:
    hostile = [replace(endpoint, summary="<script>alert(1)</script>") for endpoint in ENDPOINTS]
    content = ReferencePage(ApiDocument(hostile)).show(request()).get_body().decode()
    assert "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>" in content
    assert "script" not in parsed(content).tags


def test_what_stands_between_backticks_is_code() -> None:
    assert prose("`a` & b") == (Piece("a", code=True), Piece(" & b"))


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        ({"$ref": "#/components/schemas/Spec"}, "Spec"),
        ({"type": "string", "format": "date-time"}, "date-time"),
        ({"type": "array", "items": {"anyOf": [{"type": "string"}, {"const": 1}]}}, "list of string or 1"),
        ({"type": "object", "additionalProperties": {"type": "null"}}, "object, each value a null"),
        ({"enum": ["a", True]}, "a, true"),
        ({}, "any JSON"),
    ],
)
def test_a_schema_is_told_in_words(schema: Json, text: str) -> None:
    assert "".join(piece.text for piece in type_of(schema)) == text


def test_a_named_schema_is_a_link_to_its_place() -> None:
    assert type_of({"$ref": "#/components/schemas/Spec"}) == (Piece("Spec", target="schema-Spec"),)


def test_limits_are_told_and_no_default_is_no_limit() -> None:
    told = "".join(piece.text for piece in limits_of({"minimum": 0, "default": False, "type": "integer"}))
    assert told == "min. 0; default false"
    assert limits_of({"default": None}) == ()


def test_a_command_has_what_the_operation_asks_for() -> None:
    name = {"name": "name", "in": "path", "required": True, "example": "sample-2"}
    version = {"name": "api-version", "in": "query", "required": True, "example": "2018-06-01"}
    operation = {
        "parameters": [name, version, {"name": "factory", "in": "query", "required": False}],
        "security": [{}],
        "requestBody": {"content": {"application/json": {}}},
    }
    assert curl("PUT", "/api/{name}", operation) == (
        'curl -X PUT "$APP/api/sample-2?api-version=2018-06-01" -H "x-functions-key: $KEY"'
        " -H 'Content-Type: application/json' -d @body.json"
    )
