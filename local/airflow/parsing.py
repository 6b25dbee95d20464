"""What the emulated Airflow makes of a file: DAG ids or an import error, without running any of it.

It decides by `compile` and by literal ids, as `shared.folder` reads them. So it does not see what only running a file
shows: a missing module, an id that is computed, an exception. A real Airflow does (`--airflow real`).
"""

import ast
import traceback
import warnings
from dataclasses import dataclass

from shared.folder.checks.outline import outline

# Where Data Factory's environments keep their files (docs: airflow-install-private-package).
HOME = "/opt/airflow/dags"
_WORDS = (b"dag", b"airflow")


@dataclass(frozen=True, slots=True)
class ParsedFile:
    """What is known of one version of a file; an empty `stack_trace` says that it loaded."""

    source: str
    dag_ids: tuple[str, ...] = ()
    stack_trace: str = ""


def parse(path: str, content: bytes) -> ParsedFile:
    """Load a file at `path` below `dags/`; what is no Python, or lacks Airflow's two words, has nothing to show."""
    source = content.decode(errors="replace").replace("\r\n", "\n")
    if not path.endswith(".py") or not all(word in content.lower() for word in _WORDS):
        return ParsedFile(source)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(content, filename=f"{HOME}/{path}")
            compile(tree, f"{HOME}/{path}", "exec")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return ParsedFile(source, stack_trace=_stack_trace(error))
    return ParsedFile(source, dag_ids=_dag_ids(tree))


def _dag_ids(tree: ast.Module) -> tuple[str, ...]:
    found = outline(tree)
    made = (dag for dag in found.dags if dag.call.always and (dag.function is None or dag.function in found.used))
    return tuple(dict.fromkeys(dag.dag_id for dag in made if dag.dag_id))


def _stack_trace(error: Exception) -> str:
    return "Traceback (most recent call last):\n" + "".join(traceback.format_exception_only(error))
