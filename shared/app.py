"""Puts the parts together, on first use: what an invocation does not need is not made and not imported."""

import threading
from datetime import UTC, datetime, timedelta
from functools import cached_property, partial
from typing import TYPE_CHECKING, TypeVar

from shared.settings import HOST_STORAGE, Settings

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shared.api.endpoints import Answering
    from shared.api.environments.reads import EnvironmentApi
    from shared.api.environments.writes import EnvironmentWrites
    from shared.api.health import Readiness
    from shared.api.metrics import MetricsApi
    from shared.api.pages.status.status_page import StatusPage
    from shared.api.routes.routes import RoutesApi
    from shared.api.routes.shown import Shared
    from shared.api.routes.syncs import SyncsApi
    from shared.api.signed.deliveries import Deliveries
    from shared.api.signed.door import Door
    from shared.folder.manifest import File, Manifest
    from shared.rest.caller import RestCaller
    from shared.route import Route
    from shared.storage.documents import BlobDocuments
    from shared.sync.baseline import Baselines
    from shared.sync.commands import Operator
    from shared.sync.decide import Policy
    from shared.sync.execute import Inspection
    from shared.sync.history import Records
    from shared.sync.outbox import Notifications
    from shared.sync.reconcile import Reconciler
    from shared.sync.store import RouteStates
    from shared.sync.wake_up import Notices

_TOKEN_DEADLINE_S = 5.0
# A sync waits for this long at most for the queue of notifications, twice where the queue has to be made.
_NOTIFICATION_PATIENCE = {"connection_timeout": 2, "read_timeout": 3, "retry_total": 0}
STATE_CONTAINER = "dag-relay"


Part = TypeVar("Part")


class _Once(cached_property[Part]):
    """A property made once, even when many invocations ask for it first."""

    def __get__(self, relay: "Relay", owner: type | None = None) -> Part:  # type: ignore[override]
        with relay.making:
            return super().__get__(relay, owner)


class Relay:
    """The parts of one app, made from its settings."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.making = threading.RLock()

    @_Once
    def arm(self) -> "RestCaller":
        """The caller of ARM."""
        from shared.rest.caller import RestCaller
        from shared.storage.connections import credential

        return RestCaller(self.settings.cloud, credential(), trust_environment=self.settings.trust_environment)

    @_Once
    def environments(self) -> "EnvironmentApi":
        """What reads, deletes, starts and stops environments."""
        from shared.api.environments.reads import EnvironmentApi

        return EnvironmentApi(self.settings.factories, self.arm)

    def signed(self, handler: "Answering", *, body_says_all: bool = True) -> "Answering":
        """Return the handler behind the door that checks signatures and answers what came before."""
        from shared.api.signed.door import Signed

        return Signed(handler, self._door, body_says_all).answer

    @_Once
    def deliveries(self) -> "Deliveries":
        """The signed requests of the last days."""
        from shared.api.signed.deliveries import Deliveries

        return Deliveries(self._documents)

    @_Once
    def environment_writes(self) -> "EnvironmentWrites":
        """What creates and changes environments."""
        from shared.api.environments.writes import EnvironmentWrites

        return EnvironmentWrites(self.settings.factories, self.arm)

    @_Once
    def notices(self) -> "Notices":
        """What arms wake-ups."""
        from shared.storage.connections import queue_service
        from shared.storage.queues import QueuedWakeUps
        from shared.sync.wake_up import Notices

        return Notices(self._states, QueuedWakeUps(queue_service(HOST_STORAGE)), self._policy.quiet)

    @_Once
    def reconciler(self) -> "Reconciler":
        """What answers wake-ups."""
        from shared.sync.execute import SyncAttempts
        from shared.sync.lease import Flights
        from shared.sync.outcomes import Ledger
        from shared.sync.poll import Follow
        from shared.sync.reconcile import Reconciler
        from shared.targets.data_factory import DataFactory

        ledger = Ledger(
            self._states, self._baselines, self.records, self.notices, self._policy, notifications=self.notifications
        )
        target = DataFactory(self.arm, self._policy.settle)
        return Reconciler(
            self._states,
            Flights(self._documents, timedelta(seconds=self.settings.flight_seconds)),
            self.notices,
            _list_route,
            SyncAttempts(target, _list_route, self._baselines, self._inspection, ledger, self._policy),
            Follow(target, self._states, self.notices, ledger),
            ledger,
            self._policy,
        )

    @_Once
    def notifications(self) -> "Notifications | None":
        """What brings news to the receiver of notifications, if there is one."""
        from shared.notification.formats import body
        from shared.notification.receiver import Receiver
        from shared.storage import queues
        from shared.storage.connections import queue_service
        from shared.storage.queues import QueuedWakeUps
        from shared.sync.outbox import Notifications

        settings = self.settings
        if settings.notification_url is None:
            return None
        receiver = Receiver(settings.notification_url, settings.notification_secrets, settings.trust_environment)
        in_words = partial(body, settings.notification_format, origin=settings.origin)
        queue = QueuedWakeUps(queue_service(HOST_STORAGE), queues.NOTIFICATIONS, **_NOTIFICATION_PATIENCE)
        return Notifications(self._states, queue, lambda route, news: receiver.post(news.id, in_words(route, news)))

    @_Once
    def routes_api(self) -> "RoutesApi":
        """What answers `/api/routes`."""
        from shared.api.routes.routes import RoutesApi

        return RoutesApi(self.settings.routes, self._states, self._baselines, self._operator, _find_file, self._shared)

    @_Once
    def syncs_api(self) -> "SyncsApi":
        """What answers `/api/routes/{route}/sync` and `/syncs`."""
        from shared.api.routes.syncs import SyncsApi
        from shared.api.routes.waiting import Waiting
        from shared.sync.dry_run import Previews

        previews = Previews(self._states, self._baselines, _list_route, self._inspection, self._policy)
        return SyncsApi(self.settings.routes, self._operator, self.records, previews, Waiting())

    @_Once
    def status_page(self) -> "StatusPage":
        """What answers `/api/`."""
        from shared.api.pages.status.status_page import StatusPage

        return StatusPage(self.settings.routes, self._states, self.records, self._shared, partial(datetime.now, UTC))

    @_Once
    def readiness(self) -> "Readiness":
        """What answers `/api/ready`."""
        from shared.api.health import Readiness

        check_token = partial(self.arm.check_token, deadline_s=_TOKEN_DEADLINE_S)
        return Readiness(self.settings.routes, self._states, check_token, self._policy.longest_wait)

    @_Once
    def metrics_api(self) -> "MetricsApi":
        """What answers `/api/metrics`."""
        from shared.api.metrics import MetricsApi
        from shared.telemetry.metrics import NUMBERS

        return MetricsApi(self.settings.routes, self._states, NUMBERS)

    @_Once
    def records(self) -> "Records":
        """The history of all routes."""
        from shared.sync.history import Records

        return Records(self._documents)

    @_Once
    def _door(self) -> "Door":
        from shared.api.signed.door import Door

        now = partial(datetime.now, UTC)
        return Door(self.settings.webhook_secrets, self.settings.unsigned_requests, lambda: self.deliveries, now)

    @_Once
    def _policy(self) -> "Policy":
        from shared.sync.decide import Policy

        return Policy(
            quiet=timedelta(seconds=self.settings.quiet_seconds),
            longest_wait=timedelta(seconds=self.settings.longest_wait_seconds),
            settle=timedelta(seconds=self.settings.settle_seconds),
            operation_timeout=timedelta(seconds=self.settings.operation_timeout_seconds),
            hold_on_findings=self.settings.dag_checks == "block",
        )

    @_Once
    def _shared(self) -> "Shared":
        from shared.api.routes.shown import Shared

        return Shared(self._policy, self.settings.sweep_schedule, self.settings.dag_checks)

    @_Once
    def _baselines(self) -> "Baselines":
        from shared.sync.baseline import Baselines

        return Baselines(self._documents)

    @_Once
    def _operator(self) -> "Operator":
        from shared.sync.commands import Operator

        return Operator(self._states, self._baselines, self.notices)

    @_Once
    def _inspection(self) -> "Inspection":
        from shared.sync.execute import Inspection

        return Inspection(self.settings.dag_checks, _read_files)

    @_Once
    def _documents(self) -> "BlobDocuments":
        from shared.storage.connections import blob_service
        from shared.storage.documents import BlobDocuments

        return BlobDocuments(blob_service(HOST_STORAGE).get_container_client(STATE_CONTAINER))

    @_Once
    def _states(self) -> "RouteStates":
        from shared.sync.store import RouteStates

        return RouteStates(self._documents)


def _list_route(route: "Route") -> "Manifest":
    from shared.folder.blobs import list_folder
    from shared.storage.connections import blob_service

    return list_folder(blob_service(route.connection), route.folder)


def _find_file(route: "Route", name: str) -> "File | None":
    from shared.folder.blobs import find_file
    from shared.storage.connections import blob_service

    return find_file(blob_service(route.connection), route.folder, name)


def _read_files(route: "Route", names: "Iterable[str]") -> dict[str, bytes]:
    from shared.folder.blobs import read_files
    from shared.storage.connections import blob_service

    return read_files(blob_service(route.connection), route.folder, names)
