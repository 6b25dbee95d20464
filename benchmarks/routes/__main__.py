"""`python -m benchmarks.routes`: 1,000 idle routes in Azurite: a sweep, `/api/ready`, `/api/metrics`, `/api/routes`.

The alternative asks for each route separately, with the same states: a read of the state, and a listing of the folder.
"""

import argparse
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import azure.functions as func
from azure.storage.blob import BlobServiceClient
from azure.storage.queue import QueueServiceClient
from rich.console import Console
from rich.table import Table

from benchmarks.storage import running_azurite
from shared.api.health import Readiness
from shared.api.metrics import MetricsApi
from shared.folder.blobs import BlobFolders, list_folder
from shared.route import Route
from shared.storage.clock import note_date
from shared.storage.documents import BlobDocuments
from shared.storage.queues import StorageRouteQueue
from shared.sync.decide import Policy
from shared.sync.engine import Engine, Ports, build
from shared.sync.state import RouteState, Synced
from shared.sync.store import STATES
from tests.unit.memory import make_route

_CONTAINER = "files"


@dataclass
class Requests:
    """Counts what the storage is asked."""

    count: int = 0

    def note(self, response: Any) -> None:  # noqa: ANN401 - azure-core's PipelineResponse
        """Count an answer."""
        self.count += 1
        note_date(response)


@dataclass
class Relay:
    """An engine on Azurite with so many idle routes, without the look that follows a notice."""

    blobs: BlobServiceClient
    queues: QueueServiceClient
    number: int
    routes: list[Route] = field(init=False)
    engine: Engine = field(init=False)

    def __post_init__(self) -> None:
        self.routes = [make_route(f"team-{n}", f"environment-{n}", f"files/team-{n}") for n in range(self.number)]
        folders = BlobFolders(lambda _: self.blobs)
        ports = Ports(
            documents=BlobDocuments(self.blobs.create_container("dag-relay"), listed=STATES),
            wake_ups=StorageRouteQueue(lambda: self.queues, "wake-ups"),
            list_folder=folders.list,
            list_folders=folders.list_all,
            read_files=folders.read,
            fetch_file=folders.fetch,
            target_of=_no_target,
        )
        policy = Policy(quiet=timedelta(seconds=5), longest_wait=timedelta(minutes=1))
        self.engine = build(ports, policy, self.routes)
        self._sync_all(folders)

    def _sync_all(self, folders: BlobFolders) -> None:
        container = self.blobs.create_container(_CONTAINER)
        with ThreadPoolExecutor(16) as pool:
            list(pool.map(lambda route: container.upload_blob(f"{route.folder.prefix}/dags/a.py", b"1"), self.routes))
            manifests = folders.list_all(self.routes)
            list(pool.map(lambda route: self._synced(route, manifests[route.name]), self.routes))

    def _synced(self, route: Route, manifest: Any) -> None:  # noqa: ANN401 - a manifest
        done = Synced(
            revision=manifest.revision,
            listed_at=manifest.listed_at,
            files=1,
            sync_id="1",
            listing=manifest.listing,
        )
        state = RouteState(synced=done, target=route.target, looked_at=manifest.listed_at)
        self.engine.states.update(route, lambda *_: state)


def main() -> None:
    """Print a table: requests and seconds of each, ours and one by one."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.routes", description=__doc__)
    parser.add_argument("--routes", type=int, default=1000, help="default: %(default)s")
    number = parser.parse_args().routes
    with running_azurite() as azurite:
        _measure(azurite.connection_string, number)


def _measure(connection: str, number: int) -> None:
    requests = Requests()
    relay = Relay(
        BlobServiceClient.from_connection_string(connection, raw_response_hook=requests.note),
        QueueServiceClient.from_connection_string(connection, raw_response_hook=requests.note),
        number,
    )
    engine, asked = relay.engine, func.HttpRequest("GET", "/api", body=b"")
    ready = Readiness(relay.routes, engine.states, lambda: None, timedelta(minutes=1))
    table = Table("what", "requests", "seconds", title=f"{number:,} idle routes", title_justify="left")

    def row(what: str, run: Callable[[], object]) -> None:
        before, started = requests.count, time.perf_counter()
        run()
        table.add_row(what, f"{requests.count - before:,}", f"{time.perf_counter() - started:.2f}")

    row("sweep, with its notices", engine.sweep.run)
    row("/api/ready", lambda: ready.answer(asked))
    row("/api/metrics", lambda: MetricsApi(relay.routes, engine.states).show(asked))
    row("one by one: states", lambda: [engine.states.read(route) for route in relay.routes])
    row("one by one: folders", lambda: [list_folder(relay.blobs, route.folder) for route in relay.routes])
    Console().print(table)


def _no_target(_: Route) -> Any:  # noqa: ANN401 - nothing is synced here
    raise AssertionError("an idle route is not synced")


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    main()
