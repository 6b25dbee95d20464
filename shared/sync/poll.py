"""Following a sync that ADF still works on, one look per wake-up."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from shared.errors import ServiceRefusal, ServiceUnavailable
from shared.folder.manifest import File, Manifest
from shared.route import Route
from shared.sync import transitions
from shared.sync.baseline import Baseline
from shared.sync.baseline_store import Baselines
from shared.sync.decide import RESOLUTION, Policy
from shared.sync.lease import Lease, Reservation
from shared.sync.outcomes import Outcomes
from shared.sync.state import RunningSync
from shared.sync.store import RouteStates
from shared.targets.port import ImportFailed, ImportProgress, ImportSucceeded, StillRunning, Target, Work
from shared.telemetry.fields import bound

# The longest wait before an import is asked about again, whatever the service asks for.
LONGEST_POLL = timedelta(minutes=5)

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
            case None:
                self.outcomes.never_begun(route, lease.token, operation)
                self.outcomes.notice(route, RESOLUTION)
            case StillRunning() if has_moved:
                return self._ask_again(route, lease, operation, progress, now + self.policy.operation_timeout)
            case StillRunning() if now < operation.give_up_at:
                return self._ask_again(route, lease, operation, progress, operation.give_up_at)
            case StillRunning():
                error = ServiceUnavailable("the import did not end in time", code="OperationTimedOut")
                self.outcomes.operation_failed(route, lease.token, operation, error, now)
            case ImportFailed():
                self.outcomes.operation_failed(route, lease.token, operation, _refusal(progress), now)
                self.outcomes.notice(route, RESOLUTION)
            case ImportSucceeded():
                self.outcomes.succeeded(route, lease.token, operation, now)
                # Whatever changed meanwhile was left for now, and has waited long enough.
                self.outcomes.notice(route, RESOLUTION)
        return None

    def _progress(
        self, route: Route, lease: Lease, operation: RunningSync, manifest: Manifest
    ) -> tuple[ImportProgress | None, bool]:
        """Let the target go on; return how far it is, and whether it came any further than before.

        None where a crash kept the push from being written down, and so from being begun.
        """
        target = self.target_of(route)
        if not route.is_pushed:
            return target.poll(operation.handle, Work(route), deadline_s=lease.call_deadline_s()), False
        staged = self.baselines.read_staged(route)
        if staged.sync_id != operation.sync_id:
            return None, False
        held = self.baselines.claim(route, lease.token, staged)
        work = work_of(route, held, staged, manifest, read=partial(self.fetch_file, route), operation=operation)
        progress = target.poll(operation.handle, work, deadline_s=lease.call_deadline_s())
        has_moved = self.baselines.move(route, lease.token, progress.done)
        return progress, has_moved or (isinstance(progress, StillRunning) and progress.handle != operation.handle)

    def _ask_again(
        self, route: Route, lease: Lease, operation: RunningSync, running: StillRunning, give_up_at: datetime
    ) -> Reservation:
        """Come back later; an operation that the relay itself takes further has its whole time again after progress."""
        delay, now = min(LONGEST_POLL, timedelta(seconds=running.after_s)), lease.now()
        # The storage tells times in whole seconds, so that "at once" has to be one.
        next_poll = now + delay if delay else now.replace(microsecond=0)
        goes_on = transitions.still_running(running.handle, next_poll, give_up_at)
        self.states.update(route, transitions.by(lease.token, goes_on), self.states.recall(route))
        self.outcomes.notice(route, delay)
        moved = {"handle": running.handle, "next_poll": next_poll, "give_up_at": give_up_at}
        return lease.reservation_for(route, give_up_at - now, operation.model_copy(update=moved))


def work_of(  # noqa: PLR0913 - what there is, what should be, and what is there now
    route: Route,
    held: Baseline,
    staged: Baseline,
    manifest: Manifest,
    *,
    read: Callable[[File], bytes | None],
    operation: RunningSync,
) -> Work:
    """Return what is to be done about a push: the files of the staged sync, as they are now.

    Files that came or went since then are left alone, and those that changed after they had arrived: no pause was
    waited for, no check was made, and nothing says yet that they may be changed.
    """
    now = {file.name: _as_staged(file, staged) for file in manifest.files}
    contents = {name: None if version.unclear else version.content for name, version in held.contents.items()}
    arrived = {name for name, version in staged.contents.items() if contents.get(name) == version.content}
    gone, back = staged.contents.keys() - now.keys(), (contents.keys() - staged.contents.keys()) & now.keys()
    return Work(
        route=route,
        wanted={name: now[name] for name in staged.contents if name in now and name not in arrived},
        held=contents,
        new=frozenset(name for name in staged.contents if name not in contents or held.contents[name].new),
        kept={name: staged.contents[name].size for name in arrived},
        left=frozenset(gone - arrived | back),
        read=read,
        verify=operation.verify,
        read_back={name: now[name] for name in arrived & now.keys()} if operation.read_back else {},
    )


def _as_staged(file: File, staged: Baseline) -> File:
    """Return a file with what is known of its bytes, where it is still the version that the sync was decided about."""
    version = staged.contents.get(file.name)
    return replace(file, content=version.content) if version and version.etag == file.etag else file


def _refusal(failed: ImportFailed) -> ServiceRefusal:
    return ServiceRefusal(failed.message, code=failed.code, status=failed.status, request_id=failed.request_id)
