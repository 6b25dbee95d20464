"""An operation on the reference page: what it takes, what it answers, and how to ask with curl."""

import json
import shlex
from collections.abc import Iterator
from urllib.parse import urlencode

from shared.api.openapi.html import Html, element, joined, prose
from shared.api.openapi.operation import Json
from shared.api.openapi.page_schemas import limits_of, type_of


def operation_section(method: str, path: str, operation: Json) -> Html:
    """Return the section of one operation."""
    return element(
        "section",
        element("h3", element("span", method.upper(), class_=f"method {method}"), " ", element("code", path)),
        element("p", operation["summary"]),
        element("p", prose(operation["description"])) if "description" in operation else None,
        _parameters(operation.get("parameters", [])),
        _body(operation["requestBody"]["content"]) if "requestBody" in operation else None,
        _answers(operation["responses"]),
        element("pre", _curl(method, path, operation)),
        id=operation["operationId"],
    )


def _parameters(parameters: list[Json]) -> Html | None:
    rows = [
        element(
            "tr",
            element("th", element("code", each["name"]), f" ({each['in']})", scope="row"),
            element("td", type_of(each["schema"])),
            element("td", prose(each["description"]), element("br"), limits_of(each["schema"])),
        )
        for each in parameters
    ]
    return joined(element("h4", "Parameters"), element("table", *rows)) if rows else None


def _body(content: Json) -> Html:
    shown = []
    for media_type, body in content.items():
        shown.append(element("p", f"{media_type}: ", type_of(body["schema"])))
        if "example" in body:
            shown.append(element("pre", json.dumps(body["example"], indent=2)))
    return joined(element("h4", "Body"), *shown)


def _answers(answers: Json) -> Html:
    rows = [
        element(
            "tr",
            element("th", element("code", status), scope="row"),
            element("td", *(type_of(body["schema"]) for body in answer.get("content", {}).values())),
            element("td", prose(answer["description"]), *_headers(answer.get("headers", {}))),
        )
        for status, answer in answers.items()
    ]
    return joined(element("h4", "Answers"), element("table", *rows))


def _headers(headers: Json) -> Iterator[Html]:
    for name, header in headers.items():
        yield joined(element("br"), element("code", name), ": ", prose(header["description"]))


def _curl(method: str, path: str, operation: Json) -> str:
    required = [parameter for parameter in operation.get("parameters", []) if parameter["required"]]
    for parameter in required:
        path = path.replace(f"{{{parameter['name']}}}", parameter["example"])
    query = urlencode({each["name"]: each["example"] for each in required if each["in"] == "query"})
    path += f"?{query}" if query else ""
    parts = ["curl", *([] if method == "get" else ["-X", method.upper()]), f'"$APP{path}"']
    if operation["security"]:
        parts.append('-H "x-functions-key: $KEY"')
    if "requestBody" in operation:
        media_type = next(iter(operation["requestBody"]["content"]))
        parts += ["-H", shlex.quote(f"Content-Type: {media_type}"), "-d @body.json"]
    return " ".join(parts)
