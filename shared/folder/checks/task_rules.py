"""What Airflow would not take of the tasks in a file, and of the dependencies between them."""

from collections.abc import Iterator

from shared.folder.checks.dag_rules import LONGEST_KEY, key_fault
from shared.folder.checks.files import CheckedFile, shown
from shared.folder.checks.findings import Finding
from shared.folder.checks.literals import COMPUTED
from shared.folder.checks.outline import TaskDefinition
from shared.folder.checks.surroundings import Surroundings

# Providers' operators may have their own idea of an id; these take BaseOperator's.
_PLAIN = ("airflow.operators.", "airflow.sensors.", "airflow.providers.standard.")


def task_findings(files: list[CheckedFile], around: Surroundings) -> Iterator[Finding]:
    """Check the tasks of each file that holds DAGs."""
    for file in files:
        if not file.is_plugin:
            sure = file.is_loaded(around.runtime.airflow_version)
            for task in file.outline.tasks:
                yield from _id(file, task, sure=sure and task.call.always)
            yield from _duplicates(file, sure=sure)
            yield from _dependencies(file, sure=sure)


def _id(file: CheckedFile, task: TaskDefinition, *, sure: bool) -> Iterator[Finding]:
    plain = task.operator.startswith(_PLAIN)
    fault = key_fault(task.call.values.get("task_id", COMPUTED))
    if fault:
        allowed = f"1 to {LONGEST_KEY} letters, digits, dashes, dots and underscores"
        message = f"Expected a task_id of {allowed}, found {fault}."
        yield file.finding(task.call.line, "InvalidTaskId", message, blocking=sure and plain)
    if plain and task.call.complete and "task_id" not in task.call.keywords:
        message = f"{task.operator.rpartition('.')[2]} needs a task_id."
        yield file.finding(task.call.line, "MissingArgument", message, blocking=sure)


def _duplicates(file: CheckedFile, *, sure: bool) -> Iterator[Finding]:
    """Find a literal id twice directly in one `with DAG`, without a task group around one of them, which renames it."""
    seen: dict[tuple[int, str], int] = {}
    for task in file.outline.tasks:
        task_id = task.call.values.get("task_id")
        elsewhere = not task.call.complete or task.call.keywords & {"dag", "task_group"}
        if task.block is None or not task.call.always or not isinstance(task_id, str) or elsewhere:
            continue
        if (task.block, task_id) in seen:
            message = f"task_id {shown(task_id)} is also that of line {seen[task.block, task_id]}."
            yield file.finding(task.call.line, "DuplicateTaskId", message, blocking=sure)
        seen.setdefault((task.block, task_id), task.call.line)


def _dependencies(file: CheckedFile, *, sure: bool) -> Iterator[Finding]:
    shifts = file.outline.shifts
    if shifts.cycle:
        line, names = shifts.cycle
        message = f"These tasks wait for each other: {shown(' >> '.join(names))}."
        yield file.finding(line, "Cycle", message, blocking=sure)
    if shifts.lists:
        message = "A list cannot be set before a list; write chain(…) or cross_downstream(…)."
        yield file.finding(shifts.lists, "ListBeforeList", message, blocking=sure)
    for line, name in shifts.uncalled:
        message = f"{shown(name)} is a function below @task, and a dependency needs what calling it returns."
        yield file.finding(line, "TaskNotCalled", message, blocking=sure)
