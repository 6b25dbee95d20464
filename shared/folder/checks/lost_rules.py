"""DAGs that are built and lost: Airflow raises no error and shows no DAG."""

from collections.abc import Iterator

from shared.folder.checks.files import CheckedFile, shown
from shared.folder.checks.findings import Finding
from shared.folder.checks.imports import Modules
from shared.folder.checks.surroundings import Surroundings


def lost_findings(files: list[CheckedFile], around: Surroundings) -> Iterator[Finding]:
    """Look for lost DAGs in each file that no other of the files imports."""
    modules = Modules(files)
    for file in files:
        if not (file.is_plugin or modules.is_imported(file)):
            yield from _uncalled(file)
            yield from _dropped(file)
            yield from _unseen(file, around)


def _uncalled(file: CheckedFile) -> Iterator[Finding]:
    """Find functions below `@dag`, and functions that hold a DAG, that the file does nothing with."""
    for dag in file.outline.dags:
        name = dag.function if dag.call.always else dag.inside if dag.dag_id is not None else None
        if name and name not in file.outline.used:
            message = f"Nothing calls {shown(name)}, so there is no DAG; add {name[:100]}() below it."
            yield file.finding(dag.call.line, "DagNotCalled", message)


def _dropped(file: CheckedFile) -> Iterator[Finding]:
    for dag in file.outline.dags:
        if dag.call.always and dag.form == "expression":
            message = "Nothing holds this DAG, so Airflow does not find it; bind it to a name, or use it in a with."
            yield file.finding(dag.call.line, "DagNotBound", message)


def _unseen(file: CheckedFile, around: Surroundings) -> Iterator[Finding]:
    """Find what Airflow passes over although it seems to make DAGs; helper modules lack the words for good reason."""
    if file.faults or not file.outline.makes_dags or file.is_loaded(around.runtime.airflow_version):
        return
    if file.ignored is False and not {"airflow", "dag"} <= file.words:
        missing = " and ".join(word for word in ("airflow", "dag") if word not in file.words)
        message = f"Airflow reads only files with the words airflow and dag in them; here is no {missing}."
        yield file.finding(None, "NoDagFound", message)
