"""Asking Airflow what became of the files of a sync, from later wake-ups; it never decides a sync.

A look is made outside the environment's lease, so that it holds up no sync; one worker at a time makes it, however many
wake-ups come meanwhile. Its own wake-ups are messages of their own: a change that is noticed arms one as ever.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from shared.airflow.looking import imported_file, look
from shared.airflow.verdict import FileVerdict, unreachable
from shared.errors import FolderUnreadable, ServiceError, ServiceUnavailable
from shared.folder.checks import Unread
from shared.route import Route
from shared.sync import asking_airflow
from shared.sync.airflow_book import AirflowBook, AirflowBooks, below_dags
from shared.sync.alerts import told_of_airflow
from shared.sync.baseline import Baseline
from shared.sync.baseline_store import Baselines
from shared.sync.decide import RESOLUTION
from shared.sync.history import History, SyncRecord
from shared.sync.inspection import ReadFiles
from shared.sync.outbox import Outbox
from shared.sync.state import AirflowSummary, Asking, RouteState
from shared.sync.store import RouteStates
from shared.sync.wake_up import WakeUps
from shared.telemetry.fields import bound

if TYPE_CHECKING:
    from shared.airflow.client import AirflowClient

log = logging.getLogger(__name__)

LOOK_DEADLINE_S = 45.0
_OVERTAKEN = "The file was written again after the sync; the next one asks about it."
_UNSETTLED = frozenset({"Pending", "NotSeen", "Unreachable"})


@dataclass(frozen=True, slots=True, kw_only=True)
class AirflowLooks:
    """Looks at Airflow where a look is due; `airflow_of` raises ServiceError where an environment's is not found."""

    states: RouteStates
    baselines: Baselines
    books: AirflowBooks
    history: History
    wake_ups: WakeUps
    outbox: Outbox | None
    read_files: ReadFiles
    airflow_of: "Callable[[Route], AirflowClient]"

    def attend(self, route: Route) -> None:
        """Make the look that is due, or see to it that there is a wake-up for the one that will be."""
        loaded = self.states.read(route)
        asking = loaded.state.asking
        if asking is None or loaded.state.operation or loaded.state.calling:
            return
        if loaded.read_at + RESOLUTION < asking.next_look:
            if not asking.armed:
                self.wake_ups.wake_later(route, asking.next_look - loaded.read_at)
                self.states.update(route, asking_airflow.look_armed(asking))
            return
        taken = asking_airflow.look_taken(asking, loaded.read_at)
        before, _ = self.states.exchange(route, asking_airflow.taking_look(asking, taken), loaded)
        if before.asking == asking:
            with bound(route=route.name, sync_id=asking.sync_id):
                self._look(route, taken, loaded.read_at)

    def _look(self, route: Route, asking: Asking, now: datetime) -> None:
        last = now + RESOLUTION >= asking.give_up_at
        baseline = self.baselines.read(route)
        book = self.books.read(route).asked(baseline, route.folder, asking)
        trouble: str | None = None
        final = last
        try:
            found = self._ask(route, book, baseline, asking.since, now, last_look=last)
        except (ServiceError, FolderUnreadable) as error:
            log.warning("Airflow could not be asked: %s", error)
            trouble = str(error)
            final = last or not isinstance(error, (ServiceUnavailable, FolderUnreadable))
            found = unreachable(book.open_names, trouble) if final else {}
        book = book.judged(found)
        if final:
            book = book.judged({name: FileVerdict("NotSeen", reason=_OVERTAKEN) for name in book.open_names})
        after = None if final or not book.open_names else asking_airflow.next_look(asking, now)
        self._note(route, asking, book, book.summary(asking, now, trouble), after)

    def _ask(  # noqa: PLR0913 - what one look is about
        self, route: Route, book: AirflowBook, baseline: Baseline, since: datetime, now: datetime, *, last_look: bool
    ) -> Mapping[str, FileVerdict]:
        """Return the verdicts by name; a file that was written again since the sync is left to the next one."""
        paths = {name: path for name in book.files if (path := below_dags(route.folder, name))}
        modules = [name for name in book.names_to_ask if name.endswith(".py")]
        versions = [baseline.contents[name].as_file(name, since) for name in modules]
        contents = {each.name: each.content for each in self.read_files(route, versions)}
        files = [
            imported_file(paths[name], None if isinstance(content, Unread) else content)
            for name, content in contents.items()
            if not (isinstance(content, Unread) and content.passing)
        ]
        files += [imported_file(paths[name], None) for name in book.names_to_ask if name not in modules]
        verdicts = look(
            self.airflow_of(route),
            files,
            ago=now - since,
            deadline_s=LOOK_DEADLINE_S,
            known=paths.values(),
            last_look=last_look,
        )
        return {name: verdicts[path] for name, path in paths.items() if path in verdicts}

    def _note(
        self, route: Route, asking: Asking, book: AirflowBook, summary: AirflowSummary, after: Asking | None
    ) -> None:
        """Send the wake-up for the next look first: a worker that is lost in between costs a message, not the look."""
        log.info("look %d at Airflow: %s", asking.looks + 1, summary.states)
        if after:
            self.wake_ups.wake_later(route, after.next_look - summary.at)
        else:
            summary = self._recorded(route, summary)
        if not asking_airflow.is_same(self.states.read(route).state.asking, asking):
            return
        self.books.write(route, book)
        change = asking_airflow.airflow_looked(asking, summary, after)

        def told(before: RouteState, moment: datetime) -> RouteState:
            state = change(before, moment)
            return told_of_airflow(before, state, moment) if self.outbox else state

        state = self.states.update(route, told)
        if self.outbox:
            self.outbox.ask(route, state)

    def _recorded(self, route: Route, summary: AirflowSummary) -> AirflowSummary:
        """Write what Airflow made of a sync into its record; return it with the time that took since the upload."""

        def judged(record: SyncRecord | None) -> SyncRecord | None:
            return record and record.model_copy(update={"airflow": _timed(summary, record)})

        record = self.history.amend(route.name, summary.sync_id, judged)
        return record.airflow if record and record.airflow else summary


def _timed(summary: AirflowSummary, record: SyncRecord) -> AirflowSummary:
    """Return the summary with the time that the last verdict took since the upload, where every file has one."""
    if not record.uploads or _UNSETTLED.intersection(summary.states):
        return summary
    return summary.model_copy(update={"seconds": (summary.at - record.uploads.last).total_seconds()})
