"""What Airflow would not take of a file and of the DAGs in it.

The rules were read in apache-airflow 2.6.3, 2.10.5 and 3.3.2, and hold in all three where nothing else is said.
"""

import re
from collections.abc import Iterable, Iterator

from shared.folder.checks.facts import dag_arguments
from shared.folder.checks.files import CheckedFile, shown
from shared.folder.checks.findings import Finding
from shared.folder.checks.literals import COMPUTED, LONGEST_TEXT, Value
from shared.folder.checks.outline import Call, DagDefinition
from shared.folder.checks.surroundings import Surroundings, Version

# airflow.utils.helpers: KEY_REGEX and validate_key, which DAG and BaseOperator call.
_KEY = re.compile(r"^[\w.-]+$")
LONGEST_KEY = 250
_LONGEST_TAG = 100

# airflow.models.dag.create_timetable; all other texts are cron expressions, with croniter as their judge.
_PRESETS = frozenset({"@once", "@continuous", "@hourly", "@daily", "@weekly", "@monthly", "@quarterly", "@yearly"})
_CRON_FIELDS = range(5, 8)
_RANGES = (range(60), range(24), range(1, 32), range(1, 13), range(8))


def dag_findings(files: list[CheckedFile], around: Surroundings) -> Iterator[Finding]:
    """Check each file and its DAGs, and compare the ids of all."""
    airflow = around.runtime.airflow_version
    dag_files = [file for file in files if not file.is_plugin]
    for file in files:
        yield from _faults(file, airflow)
    for file in dag_files:
        sure = file.is_loaded(airflow)
        for dag in file.outline.dags:
            always = sure and dag.call.always and dag.function is None
            yield from _id(file, dag, always=always)
            yield from _arguments(file, dag, airflow, always=always)
            yield from _schedule(file, dag, always=always and dag.form != "expression")
            yield from _tags(file, dag, always=always)
    yield from _duplicate_ids(dag_files)


def _faults(file: CheckedFile, airflow: Version | None) -> Iterator[Finding]:
    """Tell what kept a file from being read; certain to fail is only what Airflow loads."""
    for fault in file.faults:
        yield file.finding(fault.line, fault.reason, fault.message, blocking=fault.fatal and file.is_loaded(airflow))


def key_fault(value: Value) -> str | None:
    """Return what a literal id is, in words, where Airflow refuses it; None for a good one or a computed one."""
    if value is COMPUTED:
        return None
    if not isinstance(value, str):
        return f"a value of the type {type(value).__name__}"
    if len(value) > LONGEST_KEY:
        return f"more than {LONGEST_KEY} characters"
    return None if _KEY.match(value) else shown(value)


def _id(file: CheckedFile, dag: DagDefinition, *, always: bool) -> Iterator[Finding]:
    """Find ids that `DAG` refuses; where loading the file makes the DAG, the file fails to import."""
    fault = key_fault(dag.call.values.get("dag_id", COMPUTED if dag.function is None else dag.function))
    if fault:
        allowed = f"1 to {LONGEST_KEY} letters, digits, dashes, dots and underscores"
        yield file.finding(
            dag.call.line, "InvalidDagId", f"Expected a dag_id of {allowed}, found {fault}.", blocking=always
        )


def _arguments(file: CheckedFile, dag: DagDefinition, airflow: Version | None, *, always: bool) -> Iterator[Finding]:
    """Find arguments that `DAG` does not have in the environment's version, and a missing id."""
    unknown = sorted(dag.call.keywords - dag_arguments(airflow))
    if unknown:
        message = f"DAG takes no argument {', '.join(map(shown, unknown))} in the environment's Airflow."
        yield file.finding(dag.call.line, "UnknownArgument", message, blocking=always)
    if dag.function is None and dag.call.complete and "dag_id" not in dag.call.keywords:
        yield file.finding(dag.call.line, "MissingArgument", "DAG needs a dag_id.", blocking=always)
    if airflow is not None and airflow < (3, 0) and _lacks_start(dag.call):
        message = "In Airflow 2, a DAG with a schedule needs a start_date."
        yield file.finding(dag.call.line, "MissingArgument", message)


def _lacks_start(call: Call) -> bool:
    """Whether a literal gives a schedule, and nothing a date to start from."""
    given = [call.values.get(name) for name in ("schedule", "schedule_interval")]
    scheduled = any(isinstance(value, str) and value for value in given)
    return scheduled and call.complete and not call.keywords & {"start_date", "default_args"}


def _schedule(file: CheckedFile, dag: DagDefinition, *, always: bool) -> Iterator[Finding]:
    """Find schedules that are neither a preset nor a cron expression; Airflow looks at them once the DAG is found."""
    for name in ("schedule", "schedule_interval"):
        value = dag.call.values.get(name, COMPUTED)
        fault, certain = _schedule_fault(value)
        if fault:
            message = f"Expected a preset or a cron expression, found {shown(str(value))}: {fault}."
            yield file.finding(dag.call.line, "InvalidSchedule", message, blocking=always and certain)


def _schedule_fault(value: Value) -> tuple[str | None, bool]:
    """Return what is wrong with a schedule, and whether each croniter of the last years says so."""
    if isinstance(value, (int, float)):
        return "a number is no schedule; write timedelta(…)", True
    if not isinstance(value, str) or value in _PRESETS or len(value) >= LONGEST_TEXT:
        return None, False
    fields = len(value.split())
    if _is_cron(value):
        return None, False
    if fields not in _CRON_FIELDS:
        return f"a cron expression has 5 to 7 fields, not {fields}", True
    return "croniter, which Airflow asks, does not take it", _is_out_of_range(value)


def _is_out_of_range(text: str) -> bool:
    """Whether one of the first five fields is a single number that its place does not take."""
    return any(
        field.isdecimal() and int(field) not in allowed for field, allowed in zip(text.split(), _RANGES, strict=False)
    )


def _is_cron(text: str) -> bool:
    from croniter import croniter

    return croniter.is_valid(text)


def _tags(file: CheckedFile, dag: DagDefinition, *, always: bool) -> Iterator[Finding]:
    tags = dag.call.values.get("tags", ())
    if isinstance(tags, tuple) and any(isinstance(tag, str) and len(tag) > _LONGEST_TAG for tag in tags):
        message = f"A tag has at most {_LONGEST_TAG} characters."
        yield file.finding(dag.call.line, "InvalidTag", message, blocking=always)


def _duplicate_ids(files: Iterable[CheckedFile]) -> Iterator[Finding]:
    """Find ids that are given twice; in one file only where both are always made, since branches exclude each other.

    No failure in Airflow: its processor loads each file in a DagBag of its own, and what it stored last wins.
    """
    first: dict[str, tuple[CheckedFile, Call]] = {}
    for file in files:
        for dag in file.outline.dags:
            if dag.dag_id is None:
                continue
            other, its = first.setdefault(dag.dag_id, (file, dag.call))
            if other is not file or (its is not dag.call and its.always and dag.call.always):
                where = f"line {its.line} of {shown(other.archive or other.name)}"
                message = f"dag_id {shown(dag.dag_id)} is also that of {where}; Airflow keeps the one it read last."
                yield file.finding(dag.call.line, "DuplicateDagId", message)
