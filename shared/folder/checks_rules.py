"""The rules of Airflow that a DAG file can break, as functions from files to findings.

They were read in apache-airflow 2.6.3 and 2.10.5, which agree in all that is said here.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from shared.folder.checks_outline import DagDefinition, Outline
from shared.folder.checks_source import Fault

# airflow.utils.helpers: KEY_REGEX and validate_key, which DAG.__init__ calls.
_DAG_ID = re.compile(r"^[\w.-]+$")
_LONGEST_DAG_ID = 250
_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Finding:
    """Something an engineer should know about a file before Airflow reads it.

    `file` is the path below the folder, `line` counts from 1, `reason` is one of the CamelCase words in
    docs/dag-checks.md. `blocking` is for what Airflow fails on in any case; all else is a warning.
    """

    file: str
    line: int | None
    reason: str
    message: str
    blocking: bool


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """A file after reading: `content` is None where it was too large, `outline` is empty without a syntax tree."""

    name: str
    content: bytes | None
    fault: Fault | None
    outline: Outline

    @property
    def is_plugin(self) -> bool:
        """Whether it lies below `plugins`; Airflow loads every Python file there and looks for no DAGs."""
        return self.name.lower().startswith("plugins/")

    @property
    def module(self) -> str:
        """The name by which another file imports it."""
        return PurePosixPath(self.name).stem

    @property
    def is_beside_dags(self) -> bool:
        """Whether one expects DAGs in it; packages and subfolders are at home for helper modules."""
        folders = PurePosixPath(self.name.lower()).parts[:-1]
        return folders in {(), ("dags",)} and self.module != "__init__"


def faults(file: CheckedFile) -> Iterator[Finding]:
    """Tell what kept a file from being read; certain to fail is only what Airflow loads by itself."""
    if fault := file.fault:
        loaded = file.is_plugin or not _missing_words(file)
        yield Finding(file.name, fault.line, fault.reason, fault.message, fault.fatal and loaded)


def _missing_words(file: CheckedFile) -> list[str]:
    """Apply Airflow's safe mode: a file without these two words, in any case and anywhere, is passed over.

    airflow.utils.file.might_contain_dag_via_default_heuristic, the same in 2.6.3 and 2.10.5.
    """
    text = (file.content or b"").lower()
    return [word for word in ("airflow", "dag") if word.encode() not in text]


def invalid_ids(file: CheckedFile) -> Iterator[Finding]:
    """Find ids that `DAG` refuses; where loading the file makes the DAG, the file fails to import."""
    for dag in file.outline.dags:
        if dag.dag_id is not None and not (_DAG_ID.match(dag.dag_id) and len(dag.dag_id) <= _LONGEST_DAG_ID):
            allowed = f"1 to {_LONGEST_DAG_ID} letters, digits, dashes, dots and underscores"
            message = f"Expected a dag_id of {allowed}, found {_shown(dag.dag_id)}."
            yield Finding(file.name, dag.line, "InvalidDagId", message, dag.always and dag.function is None)


def duplicate_ids(files: list[CheckedFile]) -> Iterator[Finding]:
    """Find ids that are given twice; in one file only where both are always made, since branches exclude each other.

    No failure in Airflow: its processor loads each file in a DagBag of its own, and what it stored last wins.
    """
    first: dict[str, tuple[CheckedFile, DagDefinition]] = {}
    for file in files:
        for dag in file.outline.dags:
            if dag.dag_id is None:
                continue
            other, its = first.setdefault(dag.dag_id, (file, dag))
            if other is not file or (its is not dag and its.always and dag.always):
                where = f"line {its.line} of {_shown(other.name)}"
                message = f"dag_id {_shown(dag.dag_id)} is also that of {where}; Airflow keeps the one it read last."
                yield Finding(file.name, dag.line, "DuplicateDagId", message, blocking=False)


def uncalled_dags(file: CheckedFile) -> Iterator[Finding]:
    """Find functions below `@dag` that the file never mentions again: they make no DAG, and no error says so."""
    for dag in file.outline.dags:
        if dag.always and dag.function and dag.function not in file.outline.used:
            function = dag.function[:_SHOWN]
            message = f"Nothing calls {function!r}, so there is no DAG; add {function}() below it."
            yield Finding(file.name, dag.line, "DagNotCalled", message, blocking=False)


def files_without_dags(file: CheckedFile) -> Iterator[Finding]:
    """Find what Airflow passes over without a word although it lies where DAG files do."""
    missing = _missing_words(file)
    if file.content is not None and missing and file.is_beside_dags:
        message = (
            f"Airflow reads only files with the words airflow and dag in them; here is no {' and '.join(missing)}."
        )
        yield Finding(file.name, None, "NoDagFound", message, blocking=False)


def is_imported(file: CheckedFile, files: list[CheckedFile]) -> bool:
    """Whether another of the files imports something of this name, which makes this one a helper module."""
    return any(file.module in other.outline.imports for other in files if other is not file)


def _shown(text: str) -> str:
    return repr(text[:_SHOWN])
