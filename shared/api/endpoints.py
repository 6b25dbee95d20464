"""The HTTP routes of the app, each once: what Azure registers, what the API document describes, what answers.

A handler is looked up in the app's parts only when a request comes, so that this table costs nothing at start.
"""

from typing import TYPE_CHECKING, Protocol

import azure.functions as func

from shared.api.endpoint import ROOT, Answering, Endpoint

if TYPE_CHECKING:
    from shared.api.environments.actions import EnvironmentActions
    from shared.api.environments.reads import EnvironmentReads
    from shared.api.environments.writes import EnvironmentWrites
    from shared.api.health import Readiness
    from shared.api.metrics import MetricsApi
    from shared.api.openapi.document import ApiDocument
    from shared.api.pages.reference.reference_page import ReferencePage
    from shared.api.pages.status.status_page import StatusPage
    from shared.api.routes.routes import RoutesApi
    from shared.api.routes.syncs import SyncsApi

# Where ARM has the environments of a factory, as Microsoft's REST page writes it.
_ARM_PATH = (
    "subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}"
    "/providers/Microsoft.DataFactory/factories/{factoryName}/integrationRuntimes"
)


class Parts(Protocol):
    """The parts of the app that answer requests, made on first use."""

    @property
    def environment_reads(self) -> "EnvironmentReads":
        """What reads environments."""

    @property
    def environment_actions(self) -> "EnvironmentActions":
        """What deletes, starts and stops environments."""

    @property
    def environment_writes(self) -> "EnvironmentWrites":
        """What creates and changes environments."""

    @property
    def routes(self) -> "RoutesApi":
        """What answers `/api/routes`."""

    @property
    def syncs(self) -> "SyncsApi":
        """What answers `/api/routes/{route}/sync` and `/syncs`."""

    @property
    def readiness(self) -> "Readiness":
        """What answers `/api/ready`."""

    @property
    def metrics(self) -> "MetricsApi":
        """What answers `/api/metrics`."""

    @property
    def status_page(self) -> "StatusPage":
        """What answers `/api/`."""

    @property
    def api_document(self) -> "ApiDocument":
        """What answers `/api/openapi.json`."""

    @property
    def reference_page(self) -> "ReferencePage":
        """What answers `/api/docs`."""

    def signed(self, handler: Answering, *, body_says_all: bool = True) -> Answering:
        """Return the handler behind the door that checks signatures and answers what came before."""


def _alive(_app: Parts) -> Answering:
    return lambda _request: func.HttpResponse('{"status": "alive"}', mimetype="application/json")


def _arm_shaped(answer: Answering) -> Answering:
    from shared.api.environments.arm_shape import arm_shaped

    return arm_shaped(answer)


ENDPOINTS: tuple[Endpoint[Parts], ...] = (
    Endpoint("health", "GET", "health", "Whether the app runs.", _alive, anonymous=True),
    Endpoint("status_page", "GET", ROOT, "Status of all routes, as a page.", lambda app: app.status_page.show),
    Endpoint(
        "api_document",
        "GET",
        "openapi.json",
        "This API as an OpenAPI document.",
        lambda app: app.api_document.show,
    ),
    Endpoint("api_docs", "GET", "docs", "This API as a page to read.", lambda app: app.reference_page.show),
    Endpoint("ready", "GET", "ready", "Whether the app can keep its promises.", lambda app: app.readiness.answer),
    Endpoint("metrics", "GET", "metrics", "Numbers for Prometheus.", lambda app: app.metrics.show),
    Endpoint("list_routes", "GET", "routes", "Status of all routes.", lambda app: app.routes.index),
    Endpoint("show_route", "GET", "routes/{route}", "Status of one route.", lambda app: app.routes.show),
    Endpoint("sync_route", "POST", "routes/{route}/sync", "Request a sync.", lambda app: app.syncs.sync),
    Endpoint(
        "show_file",
        "GET",
        "routes/{route}/files/{*path}",
        "Sync status of a file.",
        lambda app: app.routes.file,
    ),
    Endpoint("look_at_route", "POST", "routes/{route}/look", "Look at the folder now.", lambda app: app.routes.look),
    Endpoint(
        "suspend_route",
        "POST",
        "routes/{route}/suspend",
        "Suspend the route until it is resumed.",
        lambda app: app.routes.suspend,
    ),
    Endpoint(
        "resume_route",
        "POST",
        "routes/{route}/resume",
        "Resume the route.",
        lambda app: app.routes.resume,
    ),
    Endpoint(
        "acknowledge_removed",
        "POST",
        "routes/{route}/acknowledge-removed",
        "Acknowledge the files that were removed from the folder and that Data Factory keeps.",
        lambda app: app.routes.acknowledge_removed,
    ),
    Endpoint(
        "list_syncs",
        "GET",
        "routes/{route}/syncs",
        "History of a route, newest first.",
        lambda app: app.syncs.index,
    ),
    Endpoint("show_sync", "GET", "routes/{route}/syncs/{id}", "One attempt to sync.", lambda app: app.syncs.record),
    Endpoint(
        "list_environments",
        "GET",
        "environments",
        "List the Airflow environments of a factory.",
        lambda app: app.environment_reads.list,
    ),
    Endpoint(
        "get_environment",
        "GET",
        "environments/{name}",
        "Show an Airflow environment.",
        lambda app: app.environment_reads.get,
    ),
    Endpoint(
        "environment_to_fabric",
        "GET",
        "environments/{name}/fabric",
        "Show what an Airflow environment would become in Fabric.",
        lambda app: app.environment_reads.to_fabric,
    ),
    Endpoint(
        "put_environment",
        "PUT",
        "environments/{name}",
        "Create or update an Airflow environment.",
        lambda app: app.signed(app.environment_writes.put),
    ),
    Endpoint(
        "patch_environment",
        "PATCH",
        "environments/{name}",
        "Change what a JSON merge patch names in an Airflow environment.",
        lambda app: app.signed(app.environment_writes.patch),
    ),
    Endpoint(
        "post_environment",
        "POST",
        "environments",
        "Create or update the Airflow environment that the body names.",
        lambda app: app.signed(app.environment_writes.post),
    ),
    Endpoint(
        "delete_environment",
        "DELETE",
        "environments/{name}",
        "Delete an Airflow environment.",
        lambda app: app.signed(app.environment_actions.delete, body_says_all=False),
    ),
    Endpoint(
        "start_environment",
        "POST",
        "environments/{name}/start",
        "Start an Airflow environment.",
        lambda app: app.signed(app.environment_actions.start, body_says_all=False),
    ),
    Endpoint(
        "stop_environment",
        "POST",
        "environments/{name}/stop",
        "Stop an Airflow environment.",
        lambda app: app.signed(app.environment_actions.stop, body_says_all=False),
    ),
    Endpoint(
        "follow_start",
        "GET",
        "environments/{name}/start",
        "Whether an Airflow environment has started.",
        lambda app: app.environment_actions.follow_start,
    ),
    Endpoint(
        "follow_stop",
        "GET",
        "environments/{name}/stop",
        "Whether an Airflow environment has stopped.",
        lambda app: app.environment_actions.follow_stop,
    ),
    Endpoint(
        "arm_list_environments",
        "GET",
        _ARM_PATH,
        "List the Airflow environments of a factory, at ARM's path.",
        lambda app: _arm_shaped(app.environment_reads.list),
    ),
    Endpoint(
        "arm_get_environment",
        "GET",
        f"{_ARM_PATH}/{{name}}",
        "Show an Airflow environment, at ARM's path.",
        lambda app: _arm_shaped(app.environment_reads.get),
    ),
    Endpoint(
        "arm_put_environment",
        "PUT",
        f"{_ARM_PATH}/{{name}}",
        "Create or update an Airflow environment, at ARM's path.",
        lambda app: _arm_shaped(app.signed(app.environment_writes.put)),
    ),
    Endpoint(
        "arm_delete_environment",
        "DELETE",
        f"{_ARM_PATH}/{{name}}",
        "Delete an Airflow environment, at ARM's path.",
        lambda app: _arm_shaped(app.signed(app.environment_actions.delete, body_says_all=False)),
    ),
    Endpoint(
        "arm_get_status",
        "POST",
        f"{_ARM_PATH}/{{name}}/getStatus",
        "Show the state of an Airflow environment, at ARM's path.",
        lambda app: _arm_shaped(app.environment_reads.status),
    ),
    Endpoint(
        "arm_start_environment",
        "POST",
        f"{_ARM_PATH}/{{name}}/start",
        "Start an Airflow environment, at ARM's path.",
        lambda app: _arm_shaped(app.signed(app.environment_actions.start, body_says_all=False)),
    ),
    Endpoint(
        "arm_follow_start",
        "GET",
        f"{_ARM_PATH}/{{name}}/start",
        "Whether an Airflow environment has started, at ARM's path.",
        lambda app: _arm_shaped(app.environment_actions.follow_start),
    ),
    Endpoint(
        "arm_stop_environment",
        "POST",
        f"{_ARM_PATH}/{{name}}/stop",
        "Stop an Airflow environment, at ARM's path.",
        lambda app: _arm_shaped(app.signed(app.environment_actions.stop, body_says_all=False)),
    ),
    Endpoint(
        "arm_follow_stop",
        "GET",
        f"{_ARM_PATH}/{{name}}/stop",
        "Whether an Airflow environment has stopped, at ARM's path.",
        lambda app: _arm_shaped(app.environment_actions.follow_stop),
    ),
)
