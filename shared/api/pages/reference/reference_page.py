"""`/api/docs`: the API document as a page to read."""

import json
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlencode

import azure.functions as func

from shared.api.openapi.document import ApiDocument
from shared.api.openapi.operation import Json
from shared.api.pages.rendering import Page
from shared.api.problem import PROBLEM_KINDS

_LIMITS = {
    "pattern": "matches",
    "minLength": "min. length",
    "maxLength": "max. length",
    "minimum": "min.",
    "maximum": "max.",
    "default": "default",
}


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a line: code, a link to the place on the page that `target` names, or plain text."""

    text: str
    code: bool = False
    target: str = ""


Line = tuple[Piece, ...]


def anchor(name: str) -> str:
    """Return where a named schema stands on the page."""
    return f"schema-{name}"


def prose(text: str) -> Line:
    """Return a text, in which what stands between backticks is code."""
    return tuple(Piece(part, code=n % 2 == 1) for n, part in enumerate(text.split("`")) if part)


def type_of(schema: Json) -> Line:
    """Return a schema's type; a named one is a link."""
    match schema:
        case {"$ref": str(reference)}:
            name = reference.rpartition("/")[2]
            return (Piece(name, target=anchor(name)),)
        case {"anyOf": list(choices)}:
            return _between(" or ", map(type_of, choices))
        case {"enum": list(values)}:
            return _between(", ", ((_code(value),) for value in values))
        case {"const": value}:
            return (_code(value),)
        case {"type": "array", "items": dict(items)}:
            return (Piece("list of "), *type_of(items))
        case {"type": "object", "additionalProperties": dict(members)}:
            return (Piece("object, each value a "), *type_of(members))
        case {"type": str(kind)}:
            return (Piece(schema.get("format", kind)),)
        case _:
            return (Piece("any JSON"),)


def limits_of(schema: Json) -> Line:
    """Return what else has to hold for a value, and what it is by default unless that is nothing."""
    return _between("; ", _limits(schema))


def _limits(schema: Json) -> Iterator[Line]:
    for key, words in _LIMITS.items():
        if schema.get(key) is not None:
            yield Piece(f"{words} "), _code(schema[key])


def _code(value: object) -> Piece:
    return Piece(str(value).lower() if isinstance(value, bool) else str(value), code=True)


def _between(separator: str, lines: Iterable[Line]) -> Line:
    pieces = [piece for line in lines for piece in (Piece(separator), *line)]
    return tuple(pieces[1:])


@dataclass(frozen=True, slots=True)
class OperationShown:
    """An operation of the document and where it is; `curl` asks for it."""

    method: str
    path: str
    operation: Json
    curl: str


@dataclass(frozen=True, slots=True)
class Chapter:
    """A tag of the document, with its operations."""

    tag: Json
    operations: tuple[OperationShown, ...]


def chapters(document: Json) -> tuple[Chapter, ...]:
    """Return a chapter for each tag."""
    shown = tuple(_operations(document))
    return tuple(
        Chapter(tag, tuple(each for each in shown if tag["name"] in each.operation["tags"])) for tag in document["tags"]
    )


def _operations(document: Json) -> Iterator[OperationShown]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield OperationShown(method.upper(), path, operation, curl(method.upper(), path, operation))


def curl(method: str, path: str, operation: Json) -> str:
    """Return a command that a shell understands, with examples for what has to be there."""
    required = [parameter for parameter in operation.get("parameters", []) if parameter["required"]]
    for parameter in required:
        path = path.replace(f"{{{parameter['name']}}}", parameter["example"])
    query = urlencode({each["name"]: each["example"] for each in required if each["in"] == "query"})
    path += f"?{query}" if query else ""
    parts = ["curl", *([] if method == "GET" else ["-X", method]), f'"$APP{path}"']
    if operation["security"]:
        parts.append('-H "x-functions-key: $KEY"')
    if "requestBody" in operation:
        media_type = next(iter(operation["requestBody"]["content"]))
        parts += ["-H", shlex.quote(f"Content-Type: {media_type}"), "-d @body.json"]
    return " ".join(parts)


def example(value: Json) -> str:
    """Return an example as one types it."""
    return json.dumps(value, indent=2)


_PAGE = Page("reference")
_WORDING = {"anchor": anchor, "example": example, "limits_of": limits_of, "prose": prose, "type_of": type_of}


@dataclass(frozen=True, slots=True)
class ReferencePage:
    """Draws the document; the page's link to it carries the key that the page was asked for with."""

    document: ApiDocument

    def show(self, request: func.HttpRequest) -> func.HttpResponse:
        """Answer with the page."""
        document, key = self.document.content, request.params.get("code")
        return _PAGE.answer(
            HTTPStatus.OK,
            document=document,
            chapters=chapters(document),
            key=key,
            kinds=PROBLEM_KINDS.values(),
            **_WORDING,
        )
