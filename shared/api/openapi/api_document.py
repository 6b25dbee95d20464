"""`/api/openapi.json`."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import azure.functions as func

from shared.api.endpoint import Endpoint
from shared.api.openapi import app, arm_paths, environments, routes
from shared.api.openapi.document import document
from shared.api.openapi.operation import Json

OPERATIONS = {**app.OPERATIONS, **environments.OPERATIONS, **arm_paths.OPERATIONS, **routes.OPERATIONS}


@dataclass(frozen=True)
class ApiDocument:
    """The description of `endpoints`, made when somebody first asks for it."""

    endpoints: Iterable[Endpoint[Any]]

    def show(self, _request: func.HttpRequest) -> func.HttpResponse:
        """Answer with the document."""
        return func.HttpResponse(json.dumps(self.content), mimetype="application/json")

    @cached_property
    def content(self) -> Json:
        """The document itself."""
        return document(self.endpoints, OPERATIONS)
