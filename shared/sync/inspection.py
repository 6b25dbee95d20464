"""Looking into files: what the checks say of them, and what their bytes really are.

Reading takes as long as it takes, so it is never done under the lease of an environment, and what was found out about a
version of a file is kept by its ETag. A finding stops a sync only where the operator chose `block`.
"""

import hashlib
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from pydantic import Field, ValidationError

from shared.folder.blobs import FileBytes
from shared.folder.checks import (
    UNKNOWN,
    Finding,
    Runtime,
    Surroundings,
    Unread,
    check_files,
    is_context,
    requirements_text,
    to_check,
)
from shared.folder.manifest import File, Manifest
from shared.route import Route
from shared.storage.documents import Documents, StoredModel
from shared.sync import transitions
from shared.sync.attempt import Attempt
from shared.sync.baseline import BytesRead, Diff
from shared.sync.baseline_store import Baselines
from shared.sync.decide import Hold, Strictness, many_removed
from shared.sync.history import FINDINGS_KEPT, History
from shared.sync.state import OpenFindings
from shared.sync.store import RouteStates

log = logging.getLogger(__name__)

ReadFiles = Callable[[Route, Sequence[File]], Iterator[FileBytes]]


_REQUIREMENTS = "requirements.txt"
_NOT_DEPLOYED = "RequirementsNotDeployed"
_FIRST_FINDINGS = 3


@dataclass(frozen=True, slots=True)
class ToRead:
    """Files that have to be looked into before it can be decided what to do; `diff` is what the checks are about."""

    manifest: Manifest
    doubtful: tuple[File, ...] = ()
    diff: Diff | None = None


@dataclass(slots=True)
class Insight:
    """What was found in files: for the engineer, and for the baseline; `unreadable` is what may be readable later."""

    findings: tuple[Finding, ...] = ()
    reads: dict[str, BytesRead] = field(default_factory=dict)
    unreadable: str | None = None

    def note(self, read: FileBytes) -> None:
        """Note what was read of a file, or that it was not."""
        self.reads[read.name] = BytesRead(etag=read.etag, md5=read.md5)
        if isinstance(read.content, Unread) and read.content.passing:
            self.unreadable = self.unreadable or f"{read.name} {read.content.why}"


class Inspected(StoredModel):
    """The stored document: reads by file name, and the verdict on the versions that `key` stands for.

    `unreadable` says what kept a file from being read for now, so that there is no verdict yet. `open` are the findings
    in files that are synced, worst first.
    """

    reads: dict[str, BytesRead] = Field(default_factory=dict)
    key: str | None = None
    findings: tuple[Finding, ...] = ()
    unreadable: str | None = None
    open: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspector:
    """Looks into the files of routes; `off` checks nothing, `block` lets a blocking finding stop the sync."""

    documents: Documents
    states: RouteStates
    baselines: Baselines
    history: History
    read_files: ReadFiles
    strictness: Strictness

    def reads(self, route: Route) -> Mapping[str, BytesRead]:
        """Return what is known of the bytes of files that were in doubt."""
        return self._stored(route).reads

    def verdict(self, route: Route, manifest: Manifest, diff: Diff) -> Inspected | None:
        """Return what was found about just these changes, None if the files have not been looked into."""
        stored = self._stored(route)
        return stored if stored.key == _key(manifest, diff) else None

    def look_into(self, route: Route, files: ToRead, runtime: Runtime) -> None:
        """Read the files, and keep what they say; what could not be read for now is kept, too."""
        reads = {file.name: BytesRead(etag=file.etag, md5=None) for file in files.doubtful}
        reads |= {each.name: BytesRead(etag=each.etag, md5=each.md5) for each in self.read_files(route, files.doubtful)}
        stored = self._stored(route)
        names = {file.name for file in files.manifest.files}
        kept = {name: read for name, read in stored.reads.items() if name in names}
        changed: dict[str, object] = {"reads": kept | reads}
        if files.diff is not None:
            insight = self.examine(route, files.manifest, files.diff, runtime)
            key = _key(files.manifest, files.diff)
            changed |= {"key": key, "findings": insight.findings, "unreadable": insight.unreadable}
        self._store(route, stored.model_copy(update=changed))

    def forget_verdict(self, route: Route) -> None:
        """Let the files be read again at the next look."""
        self._store(route, self._stored(route).model_copy(update={"key": None}))

    def examine(self, route: Route, manifest: Manifest, diff: Diff, runtime: Runtime = UNKNOWN) -> Insight:
        """Read the added and changed files once, one after the other, and return what is found.

        `runtime` is what runs in the environment.
        """
        insight = Insight()
        files = [file for file in manifest.files if file.name in diff.brought and self._is_worth_reading(route, file)]
        around = self._around(route, manifest, runtime) if self.strictness != "off" else None
        checked = check_files(self._contents(route, files, insight), around)
        insight.findings = (*checked, *_not_deployed(route, diff))
        return insight

    def follow_up(self, attempt: Attempt) -> None:
        """Look into the files of a sync that was made; note what they say in record, baseline and state.

        Files with findings from before are looked into again.
        """
        route, diff = attempt.route, attempt.diff
        known = self._stored(route).open if attempt.had_findings else ()
        again = _elsewhere(route, known, diff)
        every = replace(diff, changed=(*diff.changed, *again))
        insight = self.examine(route, attempt.manifest, every, attempt.runtime)
        news = _beyond_claims(attempt.manifest, insight.reads)
        if news:
            self.baselines.learn(route, news)
        brought = _outside(route, insight.findings, again)
        if brought and not attempt.findings:
            found = brought[:FINDINGS_KEPT]
            self.history.amend(route.name, attempt.sync_id, lambda record: record and record.with_findings(found))
        self._keep_open(route, known, [each for each in insight.findings if each.reason != _NOT_DEPLOYED])

    def _keep_open(self, route: Route, known: Sequence[Finding], findings: Sequence[Finding]) -> None:
        """Show the worst of what was found in synced files in the route's state, and keep all of it."""
        kept = tuple(sorted(findings, key=lambda finding: not finding.blocking)[:FINDINGS_KEPT])
        if kept == known:
            return
        first = OpenFindings(count=len(kept), first=kept[:_FIRST_FINDINGS])
        self.states.update(route, transitions.findings_seen(first))
        self._store(route, self._stored(route).model_copy(update={"open": kept}))

    def _contents(self, route: Route, files: Sequence[File], insight: Insight) -> Iterator[tuple[str, bytes | Unread]]:
        """Yield what is to be checked by the path below the folder, one file at a time, and note what was read."""
        for each in self.read_files(route, files):
            insight.note(each)
            if self._is_checked(route, each.name):
                yield each.name.removeprefix(route.folder.listing_prefix), each.content

    def _around(self, route: Route, manifest: Manifest, runtime: Runtime) -> Surroundings:
        prefix = route.folder.listing_prefix
        names = {file.name.removeprefix(prefix): file for file in manifest.files}
        wanted = [file for name, file in names.items() if is_context(name) or name.lower() == _REQUIREMENTS]
        contents = {each.name.removeprefix(prefix): each.content for each in self.read_files(route, wanted)}
        requirements = [content for name, content in contents.items() if name.lower() == _REQUIREMENTS]
        return Surroundings(
            names=frozenset(names),
            ignore_files={
                name: content if isinstance(content, bytes) else None
                for name, content in contents.items()
                if is_context(name)
            },
            requirements=_text_of(requirements) if route.installs_requirements else "",
            runtime=runtime,
        )

    def hold(self, route: Route, findings: Iterable[Finding], diff: Diff, *, files: int) -> Hold | None:
        """Return what stops a sync that is not forced: a check, or so many deletions that they may be a mistake.

        `files` is how many files were synced last.
        """
        if self.strictness == "block" and (blocking := [finding for finding in findings if finding.blocking]):
            return Hold("ChecksFailed", "; ".join(map(_place, blocking)))
        return many_removed(len(diff.removed), files) if route.deletes else None

    def _is_worth_reading(self, route: Route, file: File) -> bool:
        """Whether the checks or a later doubt need the file; an MD5 in the listing mostly is the true one."""
        return self._is_checked(route, file.name) or not file.content.startswith("md5:")

    def _is_checked(self, route: Route, name: str) -> bool:
        return self.strictness != "off" and to_check(name.removeprefix(route.folder.listing_prefix))

    def _store(self, route: Route, inspected: Inspected) -> None:
        self.documents.replace(_name(route), inspected.model_dump_json().encode())

    def _stored(self, route: Route) -> Inspected:
        try:
            return Inspected.model_validate_json(self.documents.read(_name(route)).content or b"{}")
        except ValidationError:
            return Inspected()


def _elsewhere(route: Route, findings: Iterable[Finding], diff: Diff) -> frozenset[str]:
    """Return the files with findings that a sync leaves as they are; another file may have helped, or the checks."""
    return frozenset(f"{route.folder.listing_prefix}{finding.file}" for finding in findings) - diff.brought


def _beyond_claims(manifest: Manifest, reads: Mapping[str, BytesRead]) -> dict[str, BytesRead]:
    """Return what was read of files whose bytes are not what the listing says of them, or says nothing of."""
    claims = {file.name: file.content for file in manifest.files}
    return {name: read for name, read in reads.items() if read.md5 and claims[name] != f"md5:{read.md5}"}


def _outside(route: Route, findings: Iterable[Finding], names: frozenset[str]) -> tuple[Finding, ...]:
    prefix = route.folder.listing_prefix
    return tuple(finding for finding in findings if f"{prefix}{finding.file}" not in names)


def _key(manifest: Manifest, diff: Diff) -> str:
    """Return what stands for the versions of the files that a diff brings."""
    versions = [f"{file.name}\0{file.etag}\n" for file in manifest.files if file.name in diff.brought]
    return hashlib.sha256("".join(versions).encode()).hexdigest()


def _text_of(contents: Sequence[bytes | Unread]) -> str | None:
    """Return the text of `requirements.txt`, empty without one, None where it could not be read."""
    texts = [requirements_text(content) for content in contents if isinstance(content, bytes)]
    return "\n".join(texts) if len(texts) == len(contents) else None


def _not_deployed(route: Route, diff: Diff) -> Iterator[Finding]:
    """Yield that changed requirements are left to people, where the files go into a job that has no place for them."""
    if not route.is_pushed or route.installs_requirements:
        return
    for name in diff.brought:
        path = name.removeprefix(route.folder.listing_prefix)
        if path.lower() == _REQUIREMENTS:
            message = "changed, and not deployed: send it to the job's environment/deployRequirements"
            yield Finding(path, None, _NOT_DEPLOYED, message, blocking=False)


def _place(finding: Finding) -> str:
    line = "" if finding.line is None else f", line {finding.line}"
    return f"{finding.file}{line}: {finding.message}"


def _name(route: Route) -> str:
    return f"inspections/{route.name}.json"
