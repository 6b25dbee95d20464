"""The HTTP routes of the app, each once: what Azure registers, what the API document describes, what answers.

A handler is looked up in the app's parts only when a request comes, so that this table costs nothing at start.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Literal

import azure.functions as func

if TYPE_CHECKING:
    from shared.api.openapi.api_document import ApiDocument
    from shared.api.pages.reference.reference_page import ReferencePage
    from shared.app import Relay

# A parameter that is always empty: Azure Functions takes an empty route for none and uses the function's name.
_NOTHING = "{root:maxlength(0)?}"

# Where ARM has the environments of a factory, as the seed writes it.
_ARM_PATH = (
    "subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}"
    "/providers/Microsoft.DataFactory/factories/{factoryName}/integrationRuntimes"
)

Answering = Callable[[func.HttpRequest], func.HttpResponse]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One method on one path below `/api`; `name` is the function's, and the operation's in the API document.

    Azure asks the caller for a key of the app, unless `anonymous`.
    """

    name: str
    method: Literal["GET", "PUT", "POST", "PATCH", "DELETE"]
    path: str
    summary: str
    handler: Callable[["Relay"], Answering]
    anonymous: bool = False

    @property
    def url_path(self) -> str:
        """The path as a caller writes it, with its parameters in braces."""
        return "/api/" + self.path.replace(_NOTHING, "").replace("{*", "{")


def _alive(_relay: "Relay") -> Answering:
    return lambda _request: func.HttpResponse('{"status": "alive"}', mimetype="application/json")


@cache
def _api_document() -> "ApiDocument":
    from shared.api.openapi.api_document import ApiDocument

    return ApiDocument(ENDPOINTS)


@cache
def _reference_page() -> "ReferencePage":
    from shared.api.pages.reference.reference_page import ReferencePage

    return ReferencePage(_api_document())


def _arm_shaped(answer: Answering) -> Answering:
    from shared.api.environments.arm_shape import arm_shaped

    return arm_shaped(answer)


ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint("health", "GET", "health", "Whether the app runs; asks nobody.", _alive, anonymous=True),
    Endpoint("status_page", "GET", _NOTHING, "How all routes are, for people.", lambda relay: relay.status_page.show),
    Endpoint(
        "api_document",
        "GET",
        "openapi.json",
        "This API as an OpenAPI document.",
        lambda _relay: _api_document().show,
    ),
    Endpoint("api_docs", "GET", "docs", "This API as a page to read.", lambda _relay: _reference_page().show),
    Endpoint("ready", "GET", "ready", "Whether the promises can be kept.", lambda relay: relay.readiness.answer),
    Endpoint("metrics", "GET", "metrics", "Numbers for Prometheus.", lambda relay: relay.metrics_api.show),
    Endpoint("list_routes", "GET", "routes", "How all routes are.", lambda relay: relay.routes_api.index),
    Endpoint("show_route", "GET", "routes/{route}", "How one route is.", lambda relay: relay.routes_api.show),
    Endpoint("sync_route", "POST", "routes/{route}/sync", "Sync now.", lambda relay: relay.syncs_api.sync),
    Endpoint(
        "show_file",
        "GET",
        "routes/{route}/files/{*path}",
        "Whether a file's version is in.",
        lambda relay: relay.routes_api.file,
    ),
    Endpoint(
        "suspend_route",
        "POST",
        "routes/{route}/suspend",
        "Do nothing on the route until it is resumed.",
        lambda relay: relay.routes_api.suspend,
    ),
    Endpoint(
        "resume_route",
        "POST",
        "routes/{route}/resume",
        "Work on the route again.",
        lambda relay: relay.routes_api.resume,
    ),
    Endpoint(
        "acknowledge_removed",
        "POST",
        "routes/{route}/acknowledge-removed",
        "Forget the files that were removed here and that Data Factory keeps.",
        lambda relay: relay.routes_api.acknowledge_removed,
    ),
    Endpoint(
        "list_syncs",
        "GET",
        "routes/{route}/syncs",
        "What happened on a route, newest first.",
        lambda relay: relay.syncs_api.history,
    ),
    Endpoint(
        "show_sync", "GET", "routes/{route}/syncs/{id}", "One attempt to sync.", lambda relay: relay.syncs_api.record
    ),
    Endpoint(
        "list_environments",
        "GET",
        "environments",
        "Show the Airflow environments of a factory.",
        lambda relay: relay.environments.list,
    ),
    Endpoint(
        "get_environment",
        "GET",
        "environments/{name}",
        "Show an Airflow environment.",
        lambda relay: relay.environments.get,
    ),
    Endpoint(
        "put_environment",
        "PUT",
        "environments/{name}",
        "Create or update an Airflow environment.",
        lambda relay: relay.signed(relay.environment_writes.put),
    ),
    Endpoint(
        "patch_environment",
        "PATCH",
        "environments/{name}",
        "Change what a JSON merge patch names in an Airflow environment.",
        lambda relay: relay.signed(relay.environment_writes.patch),
    ),
    Endpoint(
        "post_environment",
        "POST",
        "environments",
        "Create or update the Airflow environment that the body names.",
        lambda relay: relay.signed(relay.environment_writes.post),
    ),
    Endpoint(
        "delete_environment",
        "DELETE",
        "environments/{name}",
        "Delete an Airflow environment.",
        lambda relay: relay.signed(relay.environments.delete, body_says_all=False),
    ),
    Endpoint(
        "start_environment",
        "POST",
        "environments/{name}/start",
        "Start an Airflow environment.",
        lambda relay: relay.signed(relay.environments.start, body_says_all=False),
    ),
    Endpoint(
        "stop_environment",
        "POST",
        "environments/{name}/stop",
        "Stop an Airflow environment.",
        lambda relay: relay.signed(relay.environments.stop, body_says_all=False),
    ),
    Endpoint(
        "arm_list_environments",
        "GET",
        _ARM_PATH,
        "Show the Airflow environments of a factory, at ARM's path.",
        lambda relay: _arm_shaped(relay.environments.list),
    ),
    Endpoint(
        "arm_get_environment",
        "GET",
        f"{_ARM_PATH}/{{name}}",
        "Show an Airflow environment, at ARM's path.",
        lambda relay: _arm_shaped(relay.environments.get),
    ),
    Endpoint(
        "arm_put_environment",
        "PUT",
        f"{_ARM_PATH}/{{name}}",
        "Create or update an Airflow environment, at ARM's path.",
        lambda relay: _arm_shaped(relay.signed(relay.environment_writes.put)),
    ),
    Endpoint(
        "arm_delete_environment",
        "DELETE",
        f"{_ARM_PATH}/{{name}}",
        "Delete an Airflow environment, at ARM's path.",
        lambda relay: _arm_shaped(relay.signed(relay.environments.delete, body_says_all=False)),
    ),
    Endpoint(
        "arm_start_environment",
        "POST",
        f"{_ARM_PATH}/{{name}}/start",
        "Start an Airflow environment, at ARM's path.",
        lambda relay: _arm_shaped(relay.signed(relay.environments.start, body_says_all=False)),
    ),
    Endpoint(
        "arm_follow_start",
        "GET",
        f"{_ARM_PATH}/{{name}}/start",
        "Whether an Airflow environment is started yet.",
        lambda relay: _arm_shaped(relay.environments.started),
    ),
    Endpoint(
        "arm_stop_environment",
        "POST",
        f"{_ARM_PATH}/{{name}}/stop",
        "Stop an Airflow environment, at ARM's path.",
        lambda relay: _arm_shaped(relay.signed(relay.environments.stop, body_says_all=False)),
    ),
    Endpoint(
        "arm_follow_stop",
        "GET",
        f"{_ARM_PATH}/{{name}}/stop",
        "Whether an Airflow environment is stopped yet.",
        lambda relay: _arm_shaped(relay.environments.stopped),
    ),
)
