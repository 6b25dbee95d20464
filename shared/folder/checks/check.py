"""Checking files one after the other: each is reduced to what the rules need, then the rules look at all of them."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain, groupby

from shared.folder.checks import archives, dag_rules, import_rules, lost_rules, task_rules
from shared.folder.checks.files import CheckedFile
from shared.folder.checks.findings import LARGEST_FILE, TOO_LARGE, UNREADABLE, Fault, Finding, Unread
from shared.folder.checks.ignore import IgnoreRules, ignore_fault
from shared.folder.checks.outline import EMPTY, outline
from shared.folder.checks.source import compressed, read_source
from shared.folder.checks.surroundings import Surroundings, Version, is_context, root_of

# A file with more of them has one fault, over and over.
_MOST_PER_FILE = 20
_WORDS = frozenset({"airflow", "dag", "asset"})


def check(files: Iterable[tuple[str, bytes | Unread]], around: Surroundings) -> list[Finding]:
    """Check files by their path below the folder; see `check_files` in the room's face."""
    ignore = IgnoreRules(around.ignore_files, around.runtime.airflow_version)
    every = [file for name, content in files for file in _read(name, content, around, ignore)]
    checked = [file for file in every if file.ignored is not True]
    findings = chain(
        dag_rules.dag_findings(checked, around),
        task_rules.task_findings(checked, around),
        import_rules.import_findings(every, around),
        lost_rules.lost_findings(checked, around),
    )
    return [finding for name, group in groupby(sorted(findings, key=_file_of), _file_of) for finding in _first(group)]


def _file_of(finding: Finding) -> str:
    return finding.file


def _first(findings: Iterable[Finding]) -> list[Finding]:
    """Return a file's findings by line, at most so many; blocking ones are not left out for others."""
    kept = sorted(findings, key=lambda finding: (not finding.blocking, finding.line or 0))[:_MOST_PER_FILE]
    return sorted(kept, key=lambda finding: finding.line or 0)


def _read(name: str, content: bytes | Unread, around: Surroundings, ignore: IgnoreRules) -> Iterator[CheckedFile]:
    if is_context(name) and isinstance(content, bytes):
        yield _ignore_file(name, content, around.runtime.airflow_version, ignore)
        return
    ignored = ignore.ignores(name)
    python = around.runtime.python_version
    if isinstance(content, bytes) and len(content) > LARGEST_FILE:
        content = TOO_LARGE
    if isinstance(content, bytes) and name.endswith(".zip"):
        fault = archives.fault(content)
        yield CheckedFile(name, root_of(name), (fault,) if fault else (), ignored=ignored)
        if fault is None or fault.reason != "ZipNotRead":
            beside = archives.tops(content)
            for member, inner in archives.members(content):
                yield replace(_file(member, inner, python, ignored=ignored), root="", archive=name, beside=beside)
    else:
        yield _file(name, content, python, ignored=ignored)


def _ignore_file(name: str, content: bytes, airflow: Version | None, ignore: IgnoreRules) -> CheckedFile:
    """Airflow reads it in each folder that it goes into."""
    fault = compressed(content) or ignore_fault(content, airflow)
    ignored = ignore.ignores_folder_of(name)
    return CheckedFile(name, root_of(name), (fault,) if fault else (), EMPTY, _WORDS, ignored)


def _file(name: str, content: bytes | Unread, python: Version | None, *, ignored: bool | None) -> CheckedFile:
    root = root_of(name)
    if isinstance(content, Unread):
        return CheckedFile(name, root, (_unread(content),), EMPTY, _WORDS, ignored)
    source = read_source(content, python)
    lower = content.lower()
    words = frozenset(word for word in _WORDS if word.encode() in lower)
    summary = outline(source.tree) if source.tree else EMPTY
    return CheckedFile(name, root, source.faults, summary, words, ignored)


def _unread(unread: Unread) -> Fault:
    return Fault(None, unread.reason, f"The file {unread.why}", fatal=unread.reason == UNREADABLE)
