"""The operations of the API document in the order in which the page tells of them, each with what the page adds."""

import json
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

from shared.api.openapi.operation import Json


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
