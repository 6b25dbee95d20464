"""The engine, put together from what it needs from outside: once, for the app, for its tests and for its proofs."""

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.folder.manifest import Manifest
from shared.route import Route
from shared.storage.documents import Documents
from shared.storage.queues import RouteQueue
from shared.sync.airflow_book import AirflowBooks
from shared.sync.airflow_looks import AirflowLooks
from shared.sync.arrivals import Announcements
from shared.sync.baseline_store import Baselines
from shared.sync.commands import Commands
from shared.sync.decide import Policy
from shared.sync.doubts import Doubts
from shared.sync.dry_run import DryRuns
from shared.sync.execute import Executor
from shared.sync.history import History
from shared.sync.inspection import Inspector, ReadFiles
from shared.sync.lease import Leases
from shared.sync.outbox import Outbox
from shared.sync.outcomes import Outcomes
from shared.sync.poll import FetchFile, Poller
from shared.sync.reconcile import Reconciler
from shared.sync.state import Alert
from shared.sync.store import RouteStates
from shared.sync.sweep import Retention, Sweep
from shared.sync.wake_up import WakeUps
from shared.targets.port import Target

if TYPE_CHECKING:
    from shared.airflow.client import AirflowClient


@dataclass(frozen=True, slots=True)
class Receiver:
    """Where alerts go: `queue` asks for deliveries, `post` makes one, or raises NotDelivered."""

    queue: RouteQueue
    post: Callable[[Route, Alert], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """What the engine needs from outside. Clock, sleep (in seconds) and jitter (0 to 1) are the process's own."""

    documents: Documents
    wake_ups: RouteQueue
    list_folder: Callable[[Route], Manifest]
    list_folders: Callable[[Sequence[Route]], Mapping[str, Manifest]]
    read_files: ReadFiles
    fetch_file: FetchFile
    target_of: Callable[[Route], Target]
    receiver: Receiver | None = None
    airflow_of: "Callable[[Route], AirflowClient] | None" = None
    housekeeping: Sequence[Callable[[], None]] = ()
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    jitter: Callable[[], float] = random.random


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """The parts that triggers and the API use."""

    states: RouteStates
    baselines: Baselines
    airflow_books: AirflowBooks
    history: History
    wake_ups: WakeUps
    announcements: Announcements
    commands: Commands
    dry_runs: DryRuns
    reconciler: Reconciler
    outbox: Outbox | None
    sweep: Sweep


def build(ports: Ports, policy: Policy, routes: Sequence[Route], retention: Retention = Retention()) -> Engine:  # noqa: B008 - a frozen value
    """Return the engine for `routes`."""
    states, baselines, history = RouteStates(ports.documents), Baselines(ports.documents), History(ports.documents)
    wake_ups = WakeUps(states, ports.wake_ups, policy.quiet, clock=ports.clock, sleep=ports.sleep)
    outbox = _outbox(ports, states)
    books = AirflowBooks(ports.documents)
    inspector = Inspector(
        documents=ports.documents,
        states=states,
        baselines=baselines,
        history=history,
        read_files=ports.read_files,
        strictness=policy.dag_checks,
    )
    outcomes = Outcomes(
        states=states,
        baselines=baselines,
        history=history,
        wake_ups=wake_ups,
        policy=policy,
        outbox=outbox,
        jitter=ports.jitter,
    )
    poller = Poller(
        target_of=ports.target_of,
        fetch_file=ports.fetch_file,
        states=states,
        baselines=baselines,
        outcomes=outcomes,
        policy=policy,
    )
    airflow_looks = _airflow_looks(
        ports, states=states, baselines=baselines, books=books, history=history, wake_ups=wake_ups, outbox=outbox
    )
    return Engine(
        states=states,
        baselines=baselines,
        airflow_books=books,
        history=history,
        wake_ups=wake_ups,
        announcements=Announcements(states=states, wake_ups=wake_ups, outbox=outbox),
        commands=Commands(states, baselines, wake_ups),
        dry_runs=DryRuns(
            states=states, baselines=baselines, list_folder=ports.list_folder, inspector=inspector, policy=policy
        ),
        reconciler=Reconciler(
            states=states,
            baselines=baselines,
            target_of=ports.target_of,
            inspector=inspector,
            doubts=Doubts(
                states=states,
                baselines=baselines,
                inspector=inspector,
                outcomes=outcomes,
                list_folder=ports.list_folder,
            ),
            leases=Leases(ports.documents, policy.lease, clock=ports.clock),
            wake_ups=wake_ups,
            list_folder=ports.list_folder,
            executor=Executor(
                target_of=ports.target_of,
                list_folder=ports.list_folder,
                baselines=baselines,
                inspector=inspector,
                outcomes=outcomes,
                poller=poller,
                policy=policy,
            ),
            poller=poller,
            outcomes=outcomes,
            policy=policy,
            airflow_looks=airflow_looks,
        ),
        outbox=outbox,
        sweep=Sweep(
            routes=routes,
            states=states,
            list_folders=ports.list_folders,
            policy=policy,
            wake_ups=wake_ups,
            outbox=outbox,
            history=history,
            retention=retention,
            housekeeping=ports.housekeeping,
        ),
    )


def _airflow_looks(  # noqa: PLR0913 - parts of one engine
    ports: Ports,
    *,
    states: RouteStates,
    baselines: Baselines,
    books: AirflowBooks,
    history: History,
    wake_ups: WakeUps,
    outbox: Outbox | None,
) -> AirflowLooks | None:
    if ports.airflow_of is None:
        return None
    return AirflowLooks(
        states=states,
        baselines=baselines,
        books=books,
        history=history,
        wake_ups=wake_ups,
        outbox=outbox,
        read_files=ports.read_files,
        airflow_of=ports.airflow_of,
    )


def _outbox(ports: Ports, states: RouteStates) -> Outbox | None:
    if ports.receiver is None:
        return None
    return Outbox(states=states, queue=ports.receiver.queue, post=ports.receiver.post, jitter=ports.jitter)
