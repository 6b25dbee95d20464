"""`/api/openapi.json` and `/api/docs`."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import azure.functions as func

from shared.api.endpoints import Endpoint
from shared.api.openapi import app, arm_paths, environments, routes
from shared.api.openapi.document import document
from shared.api.openapi.operation import Json
from shared.api.openapi.page import PAGE_HEADERS, page

OPERATIONS = {**app.OPERATIONS, **environments.OPERATIONS, **arm_paths.OPERATIONS, **routes.OPERATIONS}


@dataclass(frozen=True)
class ApiReference:
    """The description of `endpoints`, made when somebody first asks for it."""

    endpoints: Iterable[Endpoint]

    def document(self, _request: func.HttpRequest) -> func.HttpResponse:
        """Return the document."""
        return func.HttpResponse(json.dumps(self._document), mimetype="application/json")

    def page(self, request: func.HttpRequest) -> func.HttpResponse:
        """Return the document as a page; its links carry the key that the page was asked for with."""
        content = page(self._document, request.params.get("code"))
        return func.HttpResponse(content, headers=dict(PAGE_HEADERS), mimetype="text/html")

    @cached_property
    def _document(self) -> Json:
        return document(self.endpoints, OPERATIONS)
