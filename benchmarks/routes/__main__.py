"""`python -m benchmarks.routes`: 1,000 idle routes in Azurite: a sweep, the pages that show all routes.

The alternative asks for each route separately, with the same states: a read of the state, and a listing of the folder.
"""

import argparse
import logging
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import azure.functions as func
from azure.storage.blob import BlobServiceClient
from azure.storage.queue import QueueServiceClient
from rich.console import Console
from rich.table import Table

from benchmarks.storage import running_azurite
from shared.api.health import Readiness
from shared.api.metrics import MetricsApi
from shared.api.pages.status.status_page import StatusPage
from shared.api.routes.routes import RoutesApi
from shared.api.routes.shown import SharedSettings
from shared.folder.blobs import BlobFolders
from shared.folder.listing import list_folder
from shared.route import Route
from shared.storage.clock import note_date
from shared.storage.documents import BlobDocuments
from shared.storage.queues import StorageRouteQueue
from shared.sync.decide import Policy
from shared.sync.engine import Engine, Ports, build
from shared.sync.history import SUMMARIES
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


@dataclass(frozen=True)
class Cost:
    """What something took: storage requests, and seconds of the wall clock and of this process."""

    requests: int
    seconds: float
    cpu: float

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(self.requests + other.requests, self.seconds + other.seconds, self.cpu + other.cpu)

    @property
    def cells(self) -> tuple[str, str, str]:
        """The same for a row of the table."""
        return f"{self.requests:,}", f"{self.seconds:.2f}", f"{self.cpu:.2f}"


@dataclass(frozen=True)
class Stopwatch:
    """Runs things and tells what they took."""

    requests: Requests

    def run(self, run: Callable[[], object]) -> Cost:
        """Run it once."""
        before, started, used = self.requests.count, time.perf_counter(), time.process_time()
        run()
        return Cost(self.requests.count - before, time.perf_counter() - started, time.process_time() - used)


@dataclass
class Relay:
    """An engine on Azurite with so many idle routes, without the look that follows a notice."""

    blobs: BlobServiceClient
    queues: QueueServiceClient
    number: int
    routes: list[Route] = field(init=False)
    engine: Engine = field(init=False)
    shared: SharedSettings = field(init=False)

    def __post_init__(self) -> None:
        self.routes = [make_route(f"team-{n}", f"environment-{n}", f"files/team-{n}") for n in range(self.number)]
        folders = BlobFolders(lambda _: self.blobs)
        ports = Ports(
            documents=BlobDocuments(
                self.blobs.create_container("dag-relay"), listed=STATES, recalled=(STATES, SUMMARIES)
            ),
            wake_ups=StorageRouteQueue(lambda: self.queues, "wake-ups"),
            list_folder=folders.list,
            list_folders=folders.list_all,
            read_files=folders.read,
            fetch_file=folders.fetch,
            target_of=_no_target,
        )
        policy = Policy(quiet=timedelta(seconds=5), longest_wait=timedelta(minutes=1))
        self.engine = build(ports, policy, self.routes)
        self.shared = SharedSettings(policy, "0 */5 * * * *")
        self._sync_all(folders)

    @property
    def routes_api(self) -> RoutesApi:
        """What answers `/api/routes`."""
        engine = self.engine
        return RoutesApi(
            routes=self.routes,
            states=engine.states,
            baselines=engine.baselines,
            airflow_books=engine.airflow_books,
            commands=engine.commands,
            find_file=lambda *_: None,
            shared=self.shared,
        )

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

    @property
    def status_page(self) -> StatusPage:
        """What answers `/api/`."""
        engine = self.engine
        return StatusPage(self.routes, engine.states, engine.history, self.shared, partial(datetime.now, UTC))


@dataclass(frozen=True)
class Limit:
    """What something may take of one thing that a cost has."""

    most: float
    unit: str
    of: Callable[[Cost], float]

    def __str__(self) -> str:
        return f"{self.most:g} {self.unit}"


_SECOND = Limit(1.0, "s", lambda cost: cost.seconds)
_SWEEP = Limit(60, "requests", lambda cost: cost.requests)
# How often what changes nothing is measured.
_ROUNDS = 5


def main() -> int:
    """Print a table: what each takes, ours and one by one; return 1 if a limit was missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.routes", description=__doc__)
    parser.add_argument("--routes", type=int, default=1000, help="default: %(default)s")
    number = parser.parse_args().routes
    with running_azurite() as azurite:
        return _measure(azurite.connection_string, number)


def _measure(connection: str, number: int) -> int:
    requests = Requests()
    relay = Relay(
        BlobServiceClient.from_connection_string(connection, raw_response_hook=requests.note),
        QueueServiceClient.from_connection_string(connection, raw_response_hook=requests.note),
        number,
    )
    table = Table("what", "requests", "seconds", "CPU s", "limit", "of one by one", title=f"{number:,} idle routes")
    engine, ask = relay.engine, func.HttpRequest("GET", "/api", body=b"")
    clock = Stopwatch(requests)
    states = clock.run(lambda: [engine.states.read(route) for route in relay.routes])
    folders = clock.run(lambda: [list_folder(relay.blobs, route.folder) for route in relay.routes])
    ready = Readiness(relay.routes, engine.states, lambda: None, timedelta(minutes=1))
    missed = 0
    for what, run, alternative, limit in (
        ("sweep, with its notices", engine.sweep.run, states + folders, _SWEEP),
        ("/api/ready", lambda: ready.answer(ask), states, _SECOND),
        ("/api/metrics", lambda: MetricsApi(relay.routes, engine.states).show(ask), states, _SECOND),
        ("/api/routes", lambda: relay.routes_api.index(ask), states, _SECOND),
        ("status page", lambda: relay.status_page.show(ask), states, _SECOND),
    ):
        rounds = 1 if limit is _SWEEP else _ROUNDS
        cost = sorted((clock.run(run) for _ in range(rounds)), key=lambda cost: cost.seconds)[rounds // 2]
        missed += limit.of(cost) > limit.most
        table.add_row(what, *cost.cells, str(limit), f"{cost.seconds / alternative.seconds:.3f}")
    table.add_row("one by one: states", *states.cells, "", "1")
    table.add_row("one by one: folders", *folders.cells, "", "1")
    Console().print(table)
    return int(missed > 0)


def _no_target(_: Route) -> Any:  # noqa: ANN401 - nothing is synced here
    raise AssertionError("an idle route is not synced")


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    sys.exit(main())
