"""Following a sync that ADF still works on, one look per wake-up."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from shared.errors import ServiceRefusal, ServiceUnavailable
from shared.folder.manifest import File, Manifest
from shared.route import Route
from shared.sync import transitions
from shared.sync.baseline import Baseline, Baselines
from shared.sync.decide import RESOLUTION, Policy
from shared.sync.lease import Lease, Reservation
from shared.sync.outcomes import Outcomes
from shared.sync.state import RunningSync
from shared.sync.store import RouteStates
from shared.sync.wake_up import WakeUps
from shared.targets.port import ImportFailed, ImportProgress, ImportSucceeded, StillRunning, Target, Work
from shared.telemetry.fields import bound

FetchFile = Callable[[Route, File], bytes | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Poller:
    """Asks how far an operation has come, or takes it further, and writes down what is certain.

    `fetch_file` returns the bytes of a version of a file, None where it is gone or has another version by now.
    """

    target_of: Callable[[Route], Target]
    fetch_file: FetchFile
    states: RouteStates
    baselines: Baselines
    wake_ups: WakeUps
    outcomes: Outcomes
    policy: Policy

    def poll(self, route: Route, lease: Lease, operation: RunningSync, manifest: Manifest) -> Reservation | None:
        """Ask once; return the reservation that the operation still needs, None if it has ended."""
        with bound(sync_id=operation.sync_id, revision=operation.revision):
            return self._poll(route, lease, operation, manifest)

    def _poll(self, route: Route, lease: Lease, operation: RunningSync, manifest: Manifest) -> Reservation | None:
        progress, has_moved = self._progress(route, lease, operation, manifest)
        now = lease.now()
        match progress:
            case StillRunning() if has_moved:
                return self._ask_again(route, lease, progress, now + self.policy.operation_timeout)
            case StillRunning() if now < operation.give_up_at:
                return self._ask_again(route, lease, progress, operation.give_up_at)
            case StillRunning():
                error = ServiceUnavailable("the import did not end in time", code="OperationTimedOut")
                self.outcomes.operation_failed(route, lease.token, operation, error, now)
            case ImportFailed():
                self.outcomes.operation_failed(route, lease.token, operation, _refusal(progress), now)
            case ImportSucceeded():
                self.outcomes.succeeded(route, lease.token, operation, now)
                # Whatever changed meanwhile was left for now, and has waited long enough.
                self.wake_ups.notice(route, RESOLUTION)
        return None

    def _progress(
        self, route: Route, lease: Lease, operation: RunningSync, manifest: Manifest
    ) -> tuple[ImportProgress, bool]:
        """Let the target go on; return how far it is, and whether files have arrived, which the baseline says then."""
        target = self.target_of(route)
        if not route.is_pushed:
            return target.poll(operation.handle, Work(route), deadline_s=lease.call_deadline_s()), False
        loaded = self.baselines.load(route)
        fetch, staged = partial(self.fetch_file, route), self.baselines.read_staged(route)
        work = work_of(route, loaded.baseline, staged, manifest, fetch, verify=operation.verify)
        progress = target.poll(operation.handle, work, deadline_s=lease.call_deadline_s())
        return progress, self.outcomes.progressed(route, loaded, progress.done)

    def _ask_again(self, route: Route, lease: Lease, running: StillRunning, give_up_at: datetime) -> Reservation:
        """Come back later; an operation that the relay itself takes further has its whole time again after progress."""
        delay, now = timedelta(seconds=running.after_s), lease.now()
        # The storage tells times in whole seconds, so that "at once" has to be one.
        next_poll = now + delay if delay else now.replace(microsecond=0)
        goes_on = transitions.still_running(running.handle, next_poll, give_up_at)
        self.states.update(route, transitions.by(lease.token, goes_on))
        self.wake_ups.notice(route, delay)
        return lease.reserve(route, give_up_at - now)


def work_of(  # noqa: PLR0913 - what there is, what shall be, and what is there now
    route: Route,
    held: Baseline,
    staged: Baseline,
    manifest: Manifest,
    read: Callable[[File], bytes | None],
    *,
    verify: bool,
) -> Work:
    """Return what is to be done about a push: the files of the staged sync, as they are now.

    Files that came or went since then are left alone, and those that changed after they had arrived: no pause was
    waited for, no check was made, and nothing says yet that they may be changed.
    """
    now = {file.name: file for file in manifest.files}
    gone, back = staged.contents.keys() - now.keys(), (held.contents.keys() - staged.contents.keys()) & now.keys()
    arrived = {name for name, content in staged.contents.items() if held.contents.get(name) == content}
    return Work(
        route=route,
        wanted={name: now[name] for name in staged.contents if name in now and name not in arrived},
        held=held.contents,
        kept={name: _size(now.get(name), staged.contents[name]) for name in arrived},
        left=frozenset(gone - arrived | back),
        read=read,
        verify=verify,
    )


def _size(file: File | None, content: str) -> int | None:
    return file.size if file and file.content == content else None


def _refusal(failed: ImportFailed) -> ServiceRefusal:
    return ServiceRefusal(failed.message, code=failed.code, status=failed.status, request_id=failed.request_id)
