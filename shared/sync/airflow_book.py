"""What Airflow made of each file, as it is stored: beside the baseline, one document for each route."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime

from pydantic import Field, ValidationError

from shared.airflow.looking import path_for_airflow
from shared.airflow.verdict import FileVerdict, VerdictState
from shared.folder.path import FolderPath
from shared.route import Route
from shared.storage.documents import Documents, StoredModel
from shared.sync.baseline import Baseline
from shared.sync.state import AirflowSummary, Asking, BrokenFile

_ASKED_AGAIN: frozenset[VerdictState] = frozenset({"ImportError", "NotSeen", "Unreachable"})
_TAKEN: frozenset[VerdictState] = frozenset({"Parsed", "NoDag"})
_NAMES_KEPT = 3


class AirflowError(StoredModel):
    """Why Airflow could not import a file; `line` is None where its words name none."""

    type: str
    message: str
    line: int | None


class FileInAirflow(StoredModel):
    """What Airflow made of a file, as of a time on Airflow's clock.

    `brought_by` is the sync that brought its version, `asked_for` the last sync after which it was asked about, and
    `open` says that it still is; `was_broken`, that Airflow could not import it when it last had a verdict on it.
    """

    state: VerdictState = "Pending"
    as_of: datetime | None = None
    dags: tuple[str, ...] = ()
    error: AirflowError | None = None
    reason: str = ""
    brought_by: str = ""
    asked_for: str = ""
    open: bool = True
    was_broken: bool = False

    def takes(self, verdict: FileVerdict) -> bool:
        """Whether a verdict counts: an import that failed may be over at the next look, and the reverse."""
        is_over = self.state == "ImportError" and verdict.state == "Parsed"
        return self.open or is_over or verdict.state == "ImportError"

    def judged(self, verdict: FileVerdict) -> "FileInAirflow":
        """Return it with a verdict; what was known stays until there is one."""
        if not verdict.settled:
            return self
        problem = verdict.problem
        return self.model_copy(
            update={
                "state": verdict.state,
                "as_of": verdict.as_of,
                "dags": verdict.dags,
                "error": problem and AirflowError(type=problem.type, message=problem.message, line=problem.line),
                "reason": verdict.reason,
                "open": False,
                "was_broken": verdict.state == "ImportError" or (self.was_broken and verdict.state not in _TAKEN),
            }
        )


class AirflowBook(StoredModel):
    """The files of a route that Airflow loads, by their name below the container."""

    files: dict[str, FileInAirflow] = Field(default_factory=dict)

    def asked(self, baseline: Baseline, folder: FolderPath, asking: Asking) -> "AirflowBook":
        """Return the book of the synced files: what is new, and what Airflow had not taken, is asked about (again)."""
        brought_by = {
            name: version.brought_by or ""
            for name, version in baseline.contents.items()
            if below_dags(folder, name) is not None
        }
        return AirflowBook(files={name: self._asked(name, by, asking.sync_id) for name, by in brought_by.items()})

    def _asked(self, name: str, brought_by: str, sync_id: str) -> FileInAirflow:
        known = self.files.get(name)
        if known is None or known.brought_by != brought_by:
            return FileInAirflow(brought_by=brought_by, asked_for=sync_id, was_broken=bool(known and known.was_broken))
        if known.open or (known.state in _ASKED_AGAIN and known.asked_for != sync_id):
            return known.model_copy(update={"open": True, "asked_for": sync_id})
        return known

    def judged(self, verdicts: Mapping[str, FileVerdict]) -> "AirflowBook":
        """Return the book with verdicts, by name; on files that are not open see `takes`."""
        found = {
            name: self.files[name].judged(verdict)
            for name, verdict in verdicts.items()
            if name in self.files and self.files[name].takes(verdict)
        }
        return AirflowBook(files=self.files | found)

    @property
    def open_names(self) -> list[str]:
        """The files that are being asked about."""
        return [name for name, file in self.files.items() if file.open]

    @property
    def names_to_ask(self) -> list[str]:
        """The files that are being asked about, and those that could not be imported when Airflow was last asked."""
        return [name for name, file in self.files.items() if file.open or file.state == "ImportError"]

    def summary(self, asking: Asking, at: datetime, trouble: str | None = None) -> AirflowSummary:
        """Return the book in short: the states of the files that were asked about, and all that do not load."""
        broken = [
            BrokenFile(name=name, line=file.error.line, words=f"{file.error.type}: {file.error.message}")
            for name, file in sorted(self.files.items())
            if file.state == "ImportError" and file.error
        ]
        asked = Counter(file.state for file in self.files.values() if file.asked_for == asking.sync_id)
        return AirflowSummary(
            sync_id=asking.sync_id,
            at=at,
            states=dict(asked),
            errors=len(broken),
            first_errors=tuple(broken[:_NAMES_KEPT]),
            unproven=sum(file.was_broken and file.state != "ImportError" for file in self.files.values()),
            trouble=trouble,
        )


def below_dags(folder: FolderPath, name: str) -> str | None:
    """Return the path below `dags/` of a file that Airflow loads, by its name below the container, else None."""
    inside = name.removeprefix(folder.listing_prefix)
    own = folder.container == "dags" and not folder.prefix
    return path_for_airflow(f"dags/{inside}" if own else inside)


class AirflowBooks:
    """Reads and writes the books of all routes."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    def read(self, route: Route) -> AirflowBook:
        """Return the route's book; an unreadable one is as good as none, all files are asked about again then."""
        try:
            return AirflowBook.model_validate_json(self._documents.read(_name(route)).content or b"")
        except ValidationError:
            return AirflowBook()

    def write(self, route: Route, book: AirflowBook) -> None:
        """Replace the route's book."""
        self._documents.replace(_name(route), book.model_dump_json().encode())


def _name(route: Route) -> str:
    return f"airflow/{route.name}.json"
