"""What became of each changed file, decided from what Airflow shows: pure functions over values.

Success is never inferred from the absence of an error, and nothing counts that is older than the import. Airflow parses
every file again and again (each 30 s by default), so a time after the import proves nothing about its content: an
import that failed silently leaves the old file, parsed anew. So the stored source of a DAG is compared with the file's
bytes, and the line that an error quotes is looked for in them.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from shared.airflow.evidence import Evidence, LoadedDag, LoadError
from shared.airflow.stack_trace import ImportProblem, read_stack_trace
from shared.folder.checks.source import text_of

VerdictState = Literal["Pending", "Parsed", "ImportError", "NoDag", "NotSeen", "Unreachable"]

# HTTP's `Date`, from which Airflow's clock is known, has whole seconds.
_DATE_PRECISION = timedelta(seconds=1)
_ABOVE = "/dags/"
_ERROR_OF_NO_FILE = "Airflow also shows an import error of which the file cannot be read."


@dataclass(frozen=True, slots=True)
class ImportedDagFile:
    """A file that an import brought into Airflow; `path` is that below `dags/`.

    `defines_dags` is what the static check knows: False where loading the file makes no DAG, None where it cannot say.
    `content` are its bytes, None where they are not at hand (too large, an archive); then times alone decide.
    """

    path: str
    defines_dags: bool | None = None
    content: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class FileVerdict:
    """What Airflow made of a file, as of `as_of` by Airflow's clock; `reason` is a sentence where there is one to say.

    `dags` are the ids of a file that was parsed, `problem` is what an import error said.
    """

    state: VerdictState
    as_of: datetime | None = None
    dags: tuple[str, ...] = ()
    problem: ImportProblem | None = None
    reason: str = ""

    @property
    def settled(self) -> bool:
        """Whether further looks are not needed."""
        return self.state != "Pending"


def import_time(evidence: Evidence, ago: timedelta) -> datetime:
    """Return when an import began that was `ago`, on Airflow's clock, rounded up: our clocks are never compared."""
    return evidence.seen_at - ago + _DATE_PRECISION


def judge(
    files: Sequence[ImportedDagFile],
    evidence: Evidence,
    since: datetime,
    known: Collection[str] = (),
    *,
    last_look: bool = False,
) -> dict[str, FileVerdict]:
    """Return the verdict on each file by its path.

    `since` is the time of the import by Airflow's clock. An entry that could not be read may be about any file, so that
    the lack of others says nothing. `known` are the paths of all files below `dags/`, which tell
    apart `x.py` and `dags/x.py` in absolute paths. With `last_look` what is pending becomes `NotSeen`, or `NoDag`
    where no DAG is expected.
    """
    traces = _traces(evidence, files, known)
    verdicts = {file.path: _Case(file, traces[file.path], evidence, since).verdict() for file in files}
    if last_look:
        return {file.path: _at_last(file, traces[file.path], verdicts[file.path], evidence, since) for file in files}
    without = {file.path for file in files if file.defines_dags is False and not traces[file.path].homes}
    others_settled = all(verdict.settled for path, verdict in verdicts.items() if path not in without)
    if others_settled and not _unread(evidence) and _all_parsed_since(evidence, since):
        verdicts |= {path: FileVerdict("NoDag", evidence.seen_at) for path in without}
    return verdicts


def unproven(
    files: Sequence[ImportedDagFile], evidence: Evidence, since: datetime, known: Collection[str] = ()
) -> Iterator[LoadedDag]:
    """Yield one DAG of each file that seems to be parsed, whose stored source has to be compared with the bytes."""
    traces = _traces(evidence, files, known)
    for file in files:
        fresh = traces[file.path].fresh_dags(since)
        if fresh and file.content is not None and not traces[file.path].errors:
            yield fresh[0]


def unreachable(paths: Iterable[str], reason: str) -> dict[str, FileVerdict]:
    """Return the verdict on files about which Airflow could not be asked until the end."""
    return {path: FileVerdict("Unreachable", reason=reason) for path in paths}


@dataclass(slots=True)
class _Traces:
    """What Airflow shows of the file at `path`."""

    path: str
    dags: list[LoadedDag] = field(default_factory=list)
    errors: list[LoadError] = field(default_factory=list)

    @property
    def homes(self) -> set[tuple[str, str]]:
        loaded = {self._home(dag.bundle, dag.location) for dag in self.active}
        return loaded | {self._home(error.bundle, error.location) for error in self.errors}

    def _home(self, bundle: str, location: str) -> tuple[str, str]:
        """Return bundle and file; 3.x names a failing module of an archive by the whole path, bundle or not."""
        return bundle, self.path if bundle and location.startswith("/") else _file(location)

    @property
    def active(self) -> list[LoadedDag]:
        return [dag for dag in self.dags if dag.active]

    def fresh_dags(self, since: datetime) -> list[LoadedDag]:
        return [dag for dag in self.active if dag.parsed_at is not None and dag.parsed_at >= since]


@dataclass(frozen=True, slots=True)
class _Case:
    """The question about one file."""

    file: ImportedDagFile
    traces: _Traces
    evidence: Evidence
    since: datetime

    def verdict(self) -> FileVerdict:
        if len(self.traces.homes) > 1:
            places = " and ".join(sorted(_shown(home) for home in self.traces.homes))
            return FileVerdict(
                "NotSeen", self.evidence.seen_at, reason=f"Airflow has this file more than once: {places}."
            )
        for error in self.traces.errors:
            is_whole = error.location.endswith(f"/{self.file.path}")
            problem = read_stack_trace(error.stack_trace, error.location if is_whole else self.file.path)
            if error.is_since(self.since) and quotes(problem, self.file.content):
                return FileVerdict("ImportError", error.parsed_at, problem=problem)
        fresh = self.traces.fresh_dags(self.since)
        if fresh and not self.traces.errors and self._is_proven(fresh[0]):
            ids = tuple(sorted(dag.dag_id for dag in fresh))
            as_of = max(dag.parsed_at or self.since for dag in fresh)
            return FileVerdict("Parsed", as_of, ids, reason=_ERROR_OF_NO_FILE if self.evidence.unread_errors else "")
        return FileVerdict("Pending", self.evidence.seen_at)

    def _is_proven(self, dag: LoadedDag) -> bool:
        if self.file.content is None:
            return True
        if dag.dag_id not in self.evidence.sources:
            return False
        source = self.evidence.sources[dag.dag_id]
        return source is None or same_source(source, self.file.content)


def same_source(source: str, content: bytes) -> bool:
    """Whether a stored source is that of a file; Airflow reads files as text, so that all line ends are alike."""
    return _as_text(source.encode(errors="replace")) == _as_text(content)


def quotes(problem: ImportProblem, content: bytes | None) -> bool:
    """Whether the line that an error quotes is one of the file; without a quotation nothing speaks against it."""
    if content is None or not problem.quoted:
        return True
    return problem.quoted in {line.strip() for line in text_of(content).splitlines()}


def _as_text(content: bytes) -> str:
    return content.decode("utf-8-sig", errors="replace").replace("\r\n", "\n").replace("\r", "\n")


def _traces(evidence: Evidence, files: Sequence[ImportedDagFile], known: Collection[str]) -> Mapping[str, _Traces]:
    """Return what Airflow shows of each of the files, and of the others that are known."""
    paths = {*known, *(file.path for file in files)}
    found = {path: _Traces(path) for path in paths}
    for dag in evidence.dags:
        if path := path_below_dags(dag.location, paths):
            found[path].dags.append(dag)
    for error in evidence.errors:
        if path := path_below_dags(error.location, paths):
            found[path].errors.append(error)
    return found


def path_below_dags(location: str, known: Collection[str]) -> str | None:
    """Return which of the known paths a file of Airflow's is, or None; the longest one that fits.

    An absolute location counts from a folder `dags` on, a relative one as it is. What lies in an archive is the
    archive's; but a folder may be called like one.
    """
    return _path_of(location, known) or _path_of(_file(location), known)


def _path_of(location: str, known: Collection[str]) -> str | None:
    if not location.startswith("/") and location in known:
        return location
    start = (location := f"/{location}").find(_ABOVE)
    while start >= 0:
        if (below := location[start + len(_ABOVE) :]) in known:
            return below
        start = location.find(_ABOVE, start + 1)
    return None


def _file(location: str) -> str:
    """Return the file on disk; Airflow writes a module in an archive as `folder/archive.zip/module.py`."""
    archive, ending, _ = location.partition(".zip/")
    return f"{archive}.zip" if ending else location


def _all_parsed_since(evidence: Evidence, since: datetime) -> bool:
    """Whether Airflow went over its whole folder after the import, which its DAGs tell."""
    active = [dag for dag in evidence.dags if dag.active]
    return bool(active) and all(dag.parsed_at is not None and dag.parsed_at >= since for dag in active)


def _unread(evidence: Evidence) -> int:
    return evidence.unread_dags + evidence.unread_errors


def _at_last(
    file: ImportedDagFile, traces: _Traces, verdict: FileVerdict, evidence: Evidence, since: datetime
) -> FileVerdict:
    if verdict.settled:
        return verdict
    if file.defines_dags is False and not traces.homes and not _unread(evidence):
        return FileVerdict("NoDag", verdict.as_of)
    return FileVerdict("NotSeen", verdict.as_of, reason=_why_not_seen(traces, evidence, since))


def _why_not_seen(traces: _Traces, evidence: Evidence, since: datetime) -> str:
    if any(error.parsed_at is None for error in traces.errors):
        return "Airflow shows an import error of this file, with a time that cannot be read."
    if any(error.is_since(since) for error in traces.errors):
        return "Airflow shows an import error of another version of this file."
    if traces.fresh_dags(since):
        return "Airflow still has another version of this file."
    if traces.homes:
        return "Airflow has not parsed this file since the import."
    if traces.dags:
        return "Airflow has only inactive DAGs of this file."
    if _unread(evidence):
        return "Airflow shows nothing of this file, and has entries that cannot be read."
    return "Airflow shows neither a DAG nor an error of this file."


def _shown(home: tuple[str, str]) -> str:
    bundle, location = home
    return f"{location} in {bundle}" if bundle else location
