"""The OpenAPI 3.1 document: the table of endpoints with the operation that describes each."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import azure.functions as func

from shared.api.endpoint import Endpoint
from shared.api.openapi.app import APP_OPERATIONS
from shared.api.openapi.arm_paths import ARM_OPERATIONS
from shared.api.openapi.environments import ENVIRONMENT_OPERATIONS
from shared.api.openapi.operation import (
    ANSWERED,
    TAKEN,
    Answer,
    ApiOperation,
    Body,
    Header,
    Json,
    Mode,
    Parameter,
    Schemas,
)
from shared.api.openapi.parameters import IN_PATH
from shared.api.openapi.routes import ROUTE_OPERATIONS
from shared.api.openapi.security import SCHEMES, refusal, requirements

VERSION = "0.1.0"
OPERATIONS = {**APP_OPERATIONS, **ENVIRONMENT_OPERATIONS, **ROUTE_OPERATIONS, **ARM_OPERATIONS}

_DESCRIPTION = """Syncs Airflow files from Blob Storage into Azure Data Factory's managed Airflow, and creates,
changes, starts, stops and deletes Airflow environments for callers without rights on the subscription. A refusal is
`application/problem+json` (RFC 9457). Where ARM refuses, its status, code, message and request id are passed on; only
the usual statuses are listed here."""
_TAGS = {
    "environments": "The Airflow environments of the factories that the settings list.",
    "routes": "The folders that are synced: status, history, and an operator's commands.",
    "app": "The app itself.",
    "arm": "The environments at ARM's own paths, for `az rest`, azure-mgmt-datafactory and other clients of ARM.",
}
_PART = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class ApiDocument:
    """The description of `endpoints`, made on first use."""

    endpoints: Iterable[Endpoint[Any]]

    def show(self, _request: func.HttpRequest) -> func.HttpResponse:
        """Answer with the document."""
        return func.HttpResponse(json.dumps(self.content), mimetype="application/json")

    @cached_property
    def content(self) -> Json:
        """The document itself."""
        return document(self.endpoints, OPERATIONS)


def document(endpoints: Iterable[Endpoint[Any]], operations: Mapping[str, ApiOperation]) -> Json:
    """Return the document; raise KeyError for an endpoint, or a part of its path, without a description."""
    described = [(endpoint, _with_refusal(endpoint, operations[endpoint.name])) for endpoint in endpoints]
    schemas = Schemas.of(shape for _, operation in described for shape in _shapes(operation))
    paths: dict[str, Json] = {}
    for endpoint, operation in described:
        path = paths.setdefault(endpoint.url_path, {})
        path[endpoint.method.lower()] = _operation(endpoint, operation, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "DAG Relay",
            "version": VERSION,
            "description": " ".join(_DESCRIPTION.split()),
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": name, "description": text} for name, text in _TAGS.items()],
        "paths": paths,
        "components": {"schemas": schemas.components, "securitySchemes": SCHEMES},
    }


def _with_refusal(endpoint: Endpoint[Any], operation: ApiOperation) -> ApiOperation:
    answers = operation.answers if endpoint.anonymous else [*operation.answers, refusal(operation)]
    return replace(operation, answers=answers)


def _shapes(operation: ApiOperation) -> Iterator[tuple[Any, Mode]]:
    if operation.body:
        yield operation.body.shape, TAKEN
    yield from ((answer.body.shape, ANSWERED) for answer in operation.answers if answer.body)


def _operation(endpoint: Endpoint[Any], operation: ApiOperation, schemas: Schemas) -> Json:
    in_path = (IN_PATH[name] for name in _PART.findall(endpoint.url_path))
    parameters = [_parameter(parameter) for parameter in (*in_path, *operation.parameters)]
    answers = sorted(operation.answers, key=lambda each: each.status)
    members: Json = {
        "operationId": endpoint.name,
        "tags": [operation.tag],
        "summary": endpoint.summary,
        "description": operation.description or endpoint.summary,
        "parameters": parameters,
        "requestBody": operation.body and {"required": True, "content": _content(operation.body, TAKEN, schemas)},
        "responses": {str(answer.status.value): _answer(answer, schemas) for answer in answers},
        "security": [] if endpoint.anonymous else requirements(operation),
    }
    return {name: value for name, value in members.items() if value or name == "security"}


def _parameter(parameter: Parameter) -> Json:
    shown = {
        "name": parameter.name,
        "in": parameter.place,
        "required": parameter.required or parameter.place == "path",
        "description": parameter.description,
        "schema": parameter.schema,
    }
    return shown if parameter.example is None else shown | {"example": parameter.example}


def _answer(answer: Answer, schemas: Schemas) -> Json:
    members = {
        "description": answer.description,
        "headers": {header.name: _header(header) for header in answer.headers},
        "content": answer.body and _content(answer.body, ANSWERED, schemas),
    }
    return {name: value for name, value in members.items() if value}


def _header(header: Header) -> Json:
    return {"description": header.description, "required": header.always, "schema": header.schema}


def _content(body: Body, mode: Mode, schemas: Schemas) -> Json:
    content: Json = {"schema": schemas.schema(body.shape, mode)}
    shown = content if body.example is None else content | {"example": body.example}
    return dict.fromkeys(body.media_types, shown)
