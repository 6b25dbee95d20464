"""The composition root: puts the app's parts together, on first use.

What an invocation does not need is not made and not imported; a warm-up after the index makes what most need.
"""

import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import cached_property, partial
from importlib import import_module
from typing import TYPE_CHECKING, TypeVar

from shared.api.endpoints import ENDPOINTS
from shared.settings import Settings
from shared.storage.connections import HOST_STORAGE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pydantic import BaseModel

    from shared.airflow.client import AirflowClient
    from shared.api.endpoint import Answering
    from shared.api.environments.actions import EnvironmentActions
    from shared.api.environments.reads import EnvironmentReads
    from shared.api.environments.writes import EnvironmentWrites
    from shared.api.health import Readiness
    from shared.api.metrics import MetricsApi
    from shared.api.openapi.document import ApiDocument
    from shared.api.pages.reference.reference_page import ReferencePage
    from shared.api.pages.status.status_page import StatusPage
    from shared.api.routes.routes import RoutesApi
    from shared.api.routes.shown import SharedSettings
    from shared.api.routes.syncs import SyncsApi
    from shared.api.signed.deliveries import Deliveries
    from shared.api.signed.door import Door
    from shared.folder.blobs import BlobFolders
    from shared.rest.caller import RestCaller
    from shared.route import Route
    from shared.storage.documents import BlobDocuments
    from shared.sync.claim import Claims
    from shared.sync.engine import Engine, Receiver
    from shared.targets.port import Target

_TOKEN_DEADLINE_S = 5.0
# A sync waits this long at most for the queue of notifications, twice where the queue has to be made.
_NOTIFICATION_PATIENCE = {"connection_timeout": 2, "read_timeout": 3, "retry_total": 0}

# What a PUT of an environment and a sync with its checks import, and the parts that they ask for.
_IMPORTED_BY_INVOCATIONS = (
    "shared.api.environments.writes",
    "shared.api.signed.door",
    "shared.api.signed.deliveries",
    "azure.identity",
    "azure.storage.blob",
    "azure.storage.queue",
    "shared.sync.engine",
    "shared.targets.data_factory",
    "shared.folder.checks.check",
)
_MADE_FOR_INVOCATIONS = ("_arm", "environment_writes", "_door", "engine", "_data_factory")

_Made = TypeVar("_Made")


class _Once(cached_property[_Made]):
    """A property made once, even when many invocations ask for it first."""

    def __get__(self, app: "App", owner: type | None = None) -> _Made:  # type: ignore[override]
        with app.making:
            return super().__get__(app, owner)


def _deferred_models() -> "Iterator[type[BaseModel]]":
    """Yield the models of specs and documents, whose schemas are otherwise built by the first invocation."""
    from shared.adf.spec import EnvironmentSpec
    from shared.storage.documents import StoredModel

    yield EnvironmentSpec
    kinds = [StoredModel]
    while kinds:
        yield (kind := kinds.pop())
        kinds += kind.__subclasses__()


class App:
    """The parts of one app, made from its settings: the engine, and what answers requests."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.making = threading.RLock()

    def warm_up(self, wait: "Callable[[], None]") -> None:
        """Make what the first invocations need, so that they need not wait for it; `wait` returns when one may go on.

        What cannot be made is made, and reported, by the invocation that needs it. The only service that is asked for
        anything is the one that gives tokens.
        """
        with suppress(Exception):
            for module in _IMPORTED_BY_INVOCATIONS:
                # Before the parts: an invocation that asks for one meanwhile waits until it is made.
                wait()
                import_module(module)
            for part in _MADE_FOR_INVOCATIONS:
                wait()
                getattr(self, part)
            for model in _deferred_models():
                wait()
                model.model_rebuild()
            for service in self._services:
                service.prepare()

    # The engine and what it stands on.

    @_Once
    def engine(self) -> "Engine":
        """What brings environments up to date with their folders."""
        from shared.storage.connections import queue_service
        from shared.storage.queues import StorageRouteQueue
        from shared.sync.engine import Ports, build
        from shared.sync.sweep import Retention

        settings = self.settings
        ports = Ports(
            documents=self._documents,
            wake_ups=StorageRouteQueue(partial(queue_service, HOST_STORAGE), settings.storage_names.wake_ups),
            list_folder=self._folders.list,
            list_folders=self._folders.list_all,
            read_files=self._folders.read,
            fetch_file=self._folders.fetch,
            target_of=lambda route: self._fabric if route.is_pushed else self._data_factory,
            receiver=self._receiver,
            airflow_of=self._airflow_of,
            housekeeping=(lambda: self._deliveries.prune(), self._claims.renew),  # noqa: PLW0108 - made by the sweep only
        )
        retention = Retention(settings.records_per_route, timedelta(days=settings.record_days))
        return build(ports, settings.policy, settings.routes, retention)

    @_Once
    def _documents(self) -> "BlobDocuments":
        from shared.storage.connections import blob_service
        from shared.storage.documents import BlobDocuments
        from shared.sync.history import SUMMARIES
        from shared.sync.store import STATES

        container = blob_service(HOST_STORAGE).get_container_client(self.settings.storage_names.container)
        return BlobDocuments(container, listed=STATES, recalled=(STATES, SUMMARIES))

    @_Once
    def _claims(self) -> "Claims":
        from shared.sync.claim import Claims, digest_of

        settings = self.settings
        site = (settings.site_name, settings.slot_name)
        return Claims(self._documents, digest_of(settings.routes, settings.policy, site))

    @_Once
    def _folders(self) -> "BlobFolders":
        from shared.folder.blobs import BlobFolders
        from shared.storage.connections import blob_service

        return BlobFolders(blob_service)

    @_Once
    def _arm(self) -> "RestCaller":
        from shared.rest.caller import RestCaller
        from shared.storage.connections import credential

        return RestCaller(self.settings.cloud, credential(), trust_environment=self.settings.trust_environment)

    @_Once
    def _data_factory(self) -> "Target":
        from shared.targets.data_factory import DataFactory

        return DataFactory(self._arm, self.settings.policy.settle)

    @_Once
    def _fabric_api(self) -> "RestCaller":
        from shared.storage.connections import credential
        from shared.targets.fabric_calls import fabric_caller

        settings = self.settings
        return fabric_caller(settings.fabric, credential(), trust_environment=settings.trust_environment)

    @_Once
    def _fabric(self) -> "Target":
        from shared.targets.fabric import Fabric

        return Fabric(self._fabric_api)

    @_Once
    def _airflow_of(self) -> "Callable[[Route], AirflowClient] | None":
        """What finds a route's Airflow, None where it is not asked."""
        settings = self.settings
        if settings.airflow_api == "off":
            return None
        from shared.airflow.address import configured_address
        from shared.airflow.client import BasicLogin, EntraLogin
        from shared.airflow.clients import AirflowClients
        from shared.rest.tokens import Tokens
        from shared.storage.connections import credential

        tokens = Tokens(credential(), settings.airflow_scope, service="Airflow")
        user, password, url = settings.airflow_user, settings.airflow_password.reveal(), settings.airflow_url
        clients = AirflowClients(
            self._arm,
            lambda: EntraLogin(tokens) if settings.airflow_api == "entra" else BasicLogin(user, password),
            settings.airflow_scope,
            configured=configured_address(url, settings.airflow_scope) if url else None,
            trust_environment=settings.trust_environment,
        )
        return lambda route: clients.of(route.adf[0])

    @_Once
    def _receiver(self) -> "Receiver | None":
        settings = self.settings
        if settings.notification_url is None:
            return None
        from shared.notification.formats import body
        from shared.notification.receiver import HttpReceiver
        from shared.storage.connections import queue_service
        from shared.storage.queues import StorageRouteQueue
        from shared.sync.engine import Receiver

        name = settings.storage_names.notifications
        queue = StorageRouteQueue(partial(queue_service, HOST_STORAGE), name, **_NOTIFICATION_PATIENCE)
        receiver = HttpReceiver(settings.notification_url, settings.notification_secrets, settings.trust_environment)
        in_words = partial(body, settings.notification_format, origin=settings.origin)
        return Receiver(queue, lambda route, alert: receiver.post(alert.id, in_words(route, alert)))

    # What answers requests: the parts that `shared.api.endpoints` names.

    def signed(self, handler: "Answering", *, body_says_all: bool = True) -> "Answering":
        """Return the handler behind the door that checks signatures and answers what came before."""
        from shared.api.signed.door import Signed

        return Signed(handler, self._door, body_says_all).answer

    @_Once
    def environment_reads(self) -> "EnvironmentReads":
        """What reads environments."""
        from shared.api.environments.reads import EnvironmentReads

        return EnvironmentReads(self.settings.factories, self._arm)

    @_Once
    def environment_actions(self) -> "EnvironmentActions":
        """What deletes, starts and stops environments."""
        from shared.api.environments.actions import EnvironmentActions

        return EnvironmentActions(self.settings.factories, self._arm, trust_proxy=self.settings.trust_proxy)

    @_Once
    def environment_writes(self) -> "EnvironmentWrites":
        """What creates and changes environments."""
        from shared.api.environments.writes import EnvironmentWrites

        return EnvironmentWrites(self.settings.factories, self._arm)

    @_Once
    def routes(self) -> "RoutesApi":
        """What answers `/api/routes`."""
        from shared.api.routes.routes import RoutesApi

        engine = self.engine
        return RoutesApi(
            routes=self.settings.routes,
            states=engine.states,
            baselines=engine.baselines,
            airflow_books=engine.airflow_books,
            commands=engine.commands,
            find_file=self._folders.find,
            shared=self._shared_settings,
        )

    @_Once
    def syncs(self) -> "SyncsApi":
        """What answers `/api/routes/{route}/sync` and `/syncs`."""
        from shared.api.routes.syncs import SyncsApi
        from shared.api.routes.waiting import Waiting

        engine = self.engine
        return SyncsApi(self.settings.routes, engine.commands, engine.history, engine.dry_runs, Waiting())

    @_Once
    def readiness(self) -> "Readiness":
        """What answers `/api/ready`."""
        from shared.api.health import Readiness

        return Readiness(
            self.settings.routes,
            self.engine.states,
            self._check_tokens,
            self.settings.policy.longest_wait,
            self._claims.is_contested,
        )

    def _check_tokens(self) -> None:
        """Raise NoToken if the app's identity gets none for a service that a route goes to."""
        for service in self._services:
            service.check_token(deadline_s=_TOKEN_DEADLINE_S)

    @_Once
    def _services(self) -> "tuple[RestCaller, ...]":
        """What calls the services that the routes go to."""
        pushed = sorted({route.is_pushed for route in self.settings.routes})
        return tuple(self._fabric_api if each else self._arm for each in pushed)

    @_Once
    def metrics(self) -> "MetricsApi":
        """What answers `/api/metrics`."""
        from shared.api.metrics import MetricsApi

        return MetricsApi(self.settings.routes, self.engine.states)

    @_Once
    def status_page(self) -> "StatusPage":
        """What answers `/api/`."""
        from shared.api.pages.status.status_page import StatusPage

        engine, now = self.engine, partial(datetime.now, UTC)
        return StatusPage(self.settings.routes, engine.states, engine.history, self._shared_settings, now)

    @_Once
    def api_document(self) -> "ApiDocument":
        """What answers `/api/openapi.json`."""
        from shared.api.openapi.document import ApiDocument

        return ApiDocument(ENDPOINTS)

    @_Once
    def reference_page(self) -> "ReferencePage":
        """What answers `/api/docs`."""
        from shared.api.pages.reference.reference_page import ReferencePage

        return ReferencePage(self.api_document)

    @_Once
    def _door(self) -> "Door":
        from shared.api.signed.door import Door

        now = partial(datetime.now, UTC)
        return Door(self.settings.webhook_secrets, self.settings.unsigned_requests, lambda: self._deliveries, now)

    @_Once
    def _deliveries(self) -> "Deliveries":
        from shared.api.signed.deliveries import Deliveries

        return Deliveries(self._documents)

    @_Once
    def _shared_settings(self) -> "SharedSettings":
        from shared.api.routes.shown import SharedSettings

        return SharedSettings(self.settings.policy, self.settings.sweep_schedule)
