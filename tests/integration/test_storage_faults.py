"""Storage that fails at any one call of a sync: nothing is lost, and the sync is made in the end."""

import itertools
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from azure.core.exceptions import (
    AzureError,
    HttpResponseError,
    ResourceExistsError,
    ResourceModifiedError,
    ResourceNotFoundError,
    ServiceResponseTimeoutError,
)
from azure.core.pipeline.transport import RequestsTransport
from azure.storage.blob import BlobServiceClient
from azure.storage.queue import QueueServiceClient

from local.azurite import Azurite
from shared.errors import ServiceRefusal, StateConflict
from shared.folder.blobs import BlobFolders
from shared.route import Route
from shared.storage.clock import note_date
from shared.storage.documents import BlobDocuments
from shared.storage.names import StorageNames
from shared.storage.queues import StorageRouteQueue
from shared.sync.decide import Policy
from shared.sync.engine import Ports, Receiver, build
from shared.sync.outbox import Outbox
from shared.targets.port import Accepted, EnvironmentState, ImportProgress, ImportSucceeded, Work
from tests.unit.memory import make_route
from tests.waiting import until

ROUTE = make_route()
LEASE = timedelta(seconds=60)
# More calls than one notice and one sync make.
MOST_CALLS = 40
FEWEST_CALLS = 15
# What the storage SDK raises for these answers, once it has given up trying again.
FAULTS = {
    "409": ResourceExistsError("conflict"),
    "412": ResourceModifiedError("condition not met"),
    "500": HttpResponseError("internal error"),
    "503": HttpResponseError("server busy"),
    "timeout": ServiceResponseTimeoutError("no answer in time"),
}


@dataclass
class Fault:
    """Which call fails, counted over all clients: before it is sent, or after it was answered."""

    calls: int = 0
    at: int | None = None
    error: AzureError = FAULTS["500"]
    after: bool = False


class FaultyTransport(RequestsTransport):  # type: ignore[misc] # azure-core imports it on first use, untyped
    """Makes the call fail that is to fail."""

    def __init__(self, fault: Fault) -> None:
        super().__init__()
        self._fault = fault

    def send(self, request: Any, **options: Any) -> Any:  # noqa: ANN401 - azure-core's signature
        self._fault.calls += 1
        fails = self._fault.calls == self._fault.at
        if fails and not self._fault.after:
            raise self._fault.error
        response = super().send(request, **options)
        if fails:
            raise self._fault.error
        return response


class World:
    """The relay on Azurite, with a target that only notes what it is asked."""

    def __init__(self, azurite: Azurite) -> None:
        self.fault = Fault()
        self.synced = 0
        self.refuses = False
        self.told: dict[str, str] = {}
        text = azurite.connection_string
        self.blobs = BlobServiceClient.from_connection_string(
            text, retry_total=0, transport=FaultyTransport(self.fault), raw_response_hook=note_date
        )
        self.queues = QueueServiceClient.from_connection_string(
            text, retry_total=0, transport=FaultyTransport(self.fault)
        )
        documents = BlobDocuments(self.blobs.get_container_client("dag-relay"))
        # No waiting: the folder is quiet at once, nothing has to settle, and no failure is backed off from.
        policy = Policy(
            quiet=timedelta(seconds=-1), longest_wait=timedelta(0), settle=timedelta(seconds=-1), lease=LEASE
        )
        folders = BlobFolders(lambda _: self.blobs)
        ports = Ports(
            documents=documents,
            wake_ups=StorageRouteQueue(lambda: self.queues, StorageNames().wake_ups),
            list_folder=folders.list,
            list_folders=folders.list_all,
            read_files=folders.read,
            fetch_file=folders.fetch,
            target_of=lambda _: self,
            receiver=Receiver(
                StorageRouteQueue(lambda: self.queues, StorageNames().notifications),
                lambda _, alert: self.told.update({alert.id: alert.kind}),
            ),
            jitter=lambda: 0.0,
        )
        self.engine = build(ports, policy, [ROUTE])
        self.states = self.engine.states

    def environment_state(self, _: Route, *, deadline_s: float) -> EnvironmentState:  # noqa: ARG002 - the port
        return EnvironmentState(200, None, "Started")

    def sync(self, _: Route, *, deadline_s: float) -> Accepted:  # noqa: ARG002 - the port
        if self.refuses:
            raise ServiceRefusal("no such linked service", code="BadRequest", status=400)
        self.synced += 1
        return Accepted(202, None)

    def poll(self, handle: str, work: Work, *, deadline_s: float) -> ImportProgress:  # noqa: ARG002 - the port
        return ImportSucceeded()

    def work_off_notifications(self) -> dict[str, str]:
        """Take what is on their queue as the trigger does, and return what was told: id -> kind."""
        queue = self.queues.get_queue_client(StorageNames().notifications)
        with suppress(ResourceNotFoundError):
            while message := queue.receive_message(visibility_timeout=1):
                self.outbox.deliver(ROUTE)
                queue.delete_message(message)
        return self.told

    def sweep(self) -> None:
        """Remind of undelivered alerts, as the sweep does in a process of its own."""
        self.outbox.remind(ROUTE, self.states.read(ROUTE))

    @property
    def outbox(self) -> Outbox:
        assert self.engine.outbox is not None
        return self.engine.outbox

    def forget(self) -> None:
        """Let the route be as if nothing had ever happened, and its queue empty."""
        container = self.blobs.get_container_client("dag-relay")
        for name in container.list_blob_names() if container.exists() else ():
            container.delete_blob(name)
        with suppress(ResourceNotFoundError):
            self.queues.get_queue_client(StorageNames().notifications).clear_messages()
        self.told.clear()

    def end_leases(self) -> None:
        """Let the time pass after which a lease that was not released ends."""
        container = self.blobs.get_container_client("dag-relay")
        if container.exists():
            for name in container.list_blob_names(name_starts_with="leases"):
                container.delete_blob(name)

    def close(self) -> None:
        self.blobs.close()
        self.queues.close()


@pytest.fixture
def world(azurite: Azurite, blobs: BlobServiceClient, queues: QueueServiceClient) -> Iterator[World]:
    blobs.create_container("files").upload_blob("airflow/dags/a.py", b"x = 1\n")
    assert queues
    world = World(azurite)
    yield world
    world.close()


def run(world: World) -> bool:
    """Notice and reconcile, as the triggers do; return whether storage let that happen."""
    try:
        world.engine.wake_ups.notice(ROUTE)
        world.engine.reconciler.reconcile(ROUTE)
    except (AzureError, StateConflict):
        return False
    return True


@pytest.mark.parametrize("after", [False, True], ids=["unsent", "answer lost"])
@pytest.mark.parametrize("name", FAULTS)
def test_a_sync_is_made_in_the_end_whichever_call_of_storage_fails(world: World, name: str, after: bool) -> None:  # noqa: FBT001
    world.fault.error, world.fault.after = FAULTS[name], after
    for at in itertools.count(1):
        world.end_leases()
        world.fault.calls, world.fault.at = 0, at
        run(world)
        failed_within_the_run = world.fault.calls >= at
        world.fault.at = None
        world.end_leases()
        assert run(world), f"storage is well again after a fault at call {at}"
        assert world.synced, f"no sync after a fault at call {at}"
        assert at < MOST_CALLS
        if not failed_within_the_run:
            assert at > FEWEST_CALLS
            return
        world.synced = 0
        world.blobs.get_blob_client("files", "airflow/dags/a.py").upload_blob(str(at).encode(), overwrite=True)


def run_and_tell(world: World) -> None:
    """Notice, reconcile and deliver, as the triggers do, as far as storage lets them."""
    run(world)
    with suppress(AzureError, StateConflict):
        world.work_off_notifications()


@pytest.mark.parametrize("after", [False, True], ids=["unsent", "answer lost"])
def test_a_refusal_is_told_in_the_end_whichever_call_of_storage_fails(world: World, after: bool) -> None:  # noqa: FBT001
    world.refuses, world.fault.after = True, after
    for at in itertools.count(1):
        world.forget()
        world.fault.calls, world.fault.at = 0, at
        run_and_tell(world)
        failed_within_the_run = world.fault.calls >= at
        world.fault.at = None
        world.end_leases()
        if not world.states.read(ROUTE).state.failure:
            assert run(world)
        world.sweep()
        told = until(world.work_off_notifications, f"the alerts after a fault at call {at}")
        # A folder that cannot be listed is a trouble of its own, which is over before the refusal comes up.
        assert tuple(told.values()) in {("failed",), ("failed", "recovered", "failed")}
        if not failed_within_the_run:
            assert at > FEWEST_CALLS
            return
