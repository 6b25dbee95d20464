"""What the routes API answers with: one model for each answer, from which the API document is made too.

Keys are camelCase, as in the stored documents.
"""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from shared.airflow.verdict import VerdictState
from shared.folder.checks import Finding
from shared.folder.manifest import Ignored
from shared.storage.documents import StoredModel
from shared.sync.airflow_book import AirflowError
from shared.sync.conditions import Condition
from shared.sync.file_status import FileState
from shared.sync.history import Changes, Names, SyncSummary
from shared.sync.state import AirflowSummary, Asking, EventCheck, Failure, OpenFindings, Synced


class View(BaseModel):
    """An answer or a part of one."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True, serialize_by_alias=True)


class RouteSettingsView(View):
    """What the operator set for a route, defaults filled in; `connection` is the name of an app setting.

    Keys of the other target are null.
    """

    target: Literal["data-factory", "fabric"]
    factory: str | None = None
    environment: str | None = None
    linked_service: str | None = None
    workspace: str | None = None
    job: str | None = None
    folder: str
    connection: str
    overwrite: bool | None = None
    copy_folder_structure: bool | None = None
    add_requirements_from_file: bool | None = None
    requirements: Literal["report", "deploy"] | None = None
    deletes: Literal["carry", "report"] | None = None
    quiet_seconds: float
    longest_wait_seconds: float
    settle_seconds: float
    operation_timeout_seconds: float
    sweep_schedule: str
    dag_checks: Literal["off", "warn", "block"]


class RunningSyncView(StoredModel):
    """A sync that ADF accepted and still works on."""

    sync_id: str
    revision: str | None
    listed_at: datetime
    files: int
    next_poll: datetime
    give_up_at: datetime


class OpenRequest(View):
    """A sync that was requested and is not answered yet."""

    sync_id: str
    url: str
    force: bool
    at: datetime


class RemovedFile(View):
    """A file that was removed from the folder and that ADF keeps."""

    name: str
    since: datetime


class NotSentFile(View):
    """A file that the target cannot take as it is, and why."""

    name: str
    sentence: str


class EventsView(View):
    """What is known of the events of uploads: how many came without one, and the latest checks, newest last."""

    unannounced: int
    checks: tuple[EventCheck, ...]


class RouteView(View):
    """How a route is. `request` is the body that ADF is sent, or the options of a push to Fabric.

    `removed` counts the removed files, `not_sent` those that Fabric cannot take, `ignored` those in the folder that are
    not imported, as of the last look, which began at `looked_at`. `events` is null where storage is polled.
    """

    name: str
    environment: str
    folder: str
    request: dict[str, object]
    settings: RouteSettingsView
    conditions: tuple[Condition, ...]
    synced: Synced | None
    pending_since: datetime | None
    next_attempt: datetime | None
    requested: OpenRequest | None
    failure: Failure | None
    failures_in_a_row: int
    operation: RunningSyncView | None
    suspended_since: datetime | None
    removed: int
    not_sent: int
    ignored: Ignored
    looked_at: datetime | None
    asking: Asking | None
    airflow: AirflowSummary | None
    findings: OpenFindings
    events: EventsView | None


class OneRoute(RouteView):
    """How a route is, with the first hundred of its files that were removed, and that could not be sent.

    `foreign_files` are in the job and were not sent by the relay, which never touches them.
    """

    removed_files: tuple[RemovedFile, ...]
    not_sent_files: tuple[NotSentFile, ...]
    foreign_files: Names


class AllRoutes(View):
    """The status of all routes, always on one page."""

    value: tuple[RouteView, ...]
    next_link: None = None


class SyncLink(View):
    """URL of the sync record, which may not exist yet."""

    sync_id: str
    url: str


class FileInAirflowView(View):
    """What Airflow made of the version of a file that was synced last, as of `asOf`."""

    state: VerdictState
    dags: tuple[str, ...]
    error: AirflowError | None
    reason: str
    as_of: datetime | None


class FileStatusView(View):
    """Where a file stands; `path` is its name below the container; `airflow` is null where Airflow is not asked."""

    path: str
    state: FileState | Literal["notImported"]
    since: datetime | None
    sync: SyncLink | None
    sentence: str
    airflow: FileInAirflowView | None = None


class SyncPage(View):
    """A page of history, newest first; `nextLink` is the URL of the next one, null at the end."""

    value: tuple[SyncSummary, ...]
    next_link: str | None


class ArmRequest(View):
    """A request to ARM."""

    method: str
    path: str
    body: dict[str, object]


class SyncPlan(View):
    """What a sync that is requested now would do; `request` is what ARM would be sent if `would_send`.

    It is null for a Fabric job, which is sent the changed files.
    """

    would_send: bool
    decision: Literal["Wait", "Skip", "Hold", "Sync", "Poll"]
    reason: str
    sentence: str
    revision: str
    files: int
    changes: Changes
    findings: tuple[Finding, ...]
    request: ArmRequest | None


def syncs_url(route_name: str) -> str:
    """Return the path of a route's history."""
    return f"/api/routes/{route_name}/syncs"


def url_of(route_name: str, sync_id: str) -> str:
    """Return the path of a sync's record."""
    return f"{syncs_url(route_name)}/{sync_id}"


def link_to(route_name: str, sync_id: str | None) -> SyncLink | None:
    """Return the link to a sync, if there is one."""
    return SyncLink(sync_id=sync_id, url=url_of(route_name, sync_id)) if sync_id else None
