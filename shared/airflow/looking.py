"""One look at Airflow after an import: which files are asked about, and what came of them."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from shared.airflow.verdict import FileVerdict, ImportedDagFile, import_time, judge, unproven
from shared.folder.checks.outline import Outline, outline
from shared.folder.checks.source import read_source
from shared.rest.deadline import Deadline

if TYPE_CHECKING:
    from shared.airflow.client import AirflowClient

# What Airflow looks for DAGs in (airflow.utils.file.find_path_from_directory); zip archives hold modules.
_LOADED = frozenset({".py", ".zip"})


def look(  # noqa: PLR0913 - two of them have a default
    client: "AirflowClient",
    files: Sequence[ImportedDagFile],
    *,
    ago: timedelta,
    deadline_s: float,
    known: Collection[str] = (),
    last_look: bool = False,
) -> dict[str, FileVerdict]:
    """Return the verdict on each file by its path, within `deadline_s` seconds.

    `ago` is how long ago the import began, by our clock; `known` are the paths of all files below `dags/`, of which
    those are told, too, that Airflow could not import since. Raises as `AirflowClient.look` does.
    """
    deadline = Deadline.after(deadline_s, client.clock)
    evidence = client.look(deadline_s=deadline.left_s)
    since = import_time(evidence, ago)
    asked = list(unproven(files, evidence, since, known))
    proven = client.with_sources(evidence, asked, deadline_s=deadline.left_s)
    others = [ImportedDagFile(path) for path in set(known).difference(file.path for file in files)]
    broken = {path: found for path, found in judge(others, proven, since, known).items() if found.problem}
    return broken | judge(files, proven, since, known, last_look=last_look)


def path_for_airflow(name_below_folder: str) -> str | None:
    """Return a file's path below `dags/`, or None for what Airflow does not load as a DAG file."""
    first, _, path = name_below_folder.partition("/")
    return path if first.lower() == "dags" and PurePosixPath(path).suffix in _LOADED else None


def imported_file(path: str, content: bytes | None) -> ImportedDagFile:
    """Return a file to ask about, with what its bytes tell without being run; None where they are not at hand."""
    if content is None or not path.endswith(".py"):
        return ImportedDagFile(path)
    return ImportedDagFile(path, _defines_dags(content), content)


def _defines_dags(content: bytes) -> bool | None:
    if not _may_be_loaded(content.lower()):
        return False
    tree = read_source(content).tree
    if tree is None:
        return None
    found = outline(tree)
    made = [dag.call.always for dag in found.dags if dag.function is None or dag.function in found.used]
    if any(made):
        return True
    # A DAG below an `if` may never be made; a function of another module may make one, and so does `@asset` in 3.x.
    return None if made or _has_assets(found) or (found.makes_dags and not found.dags) else False


def _may_be_loaded(lower: bytes) -> bool:
    """Whether Airflow's safe mode, of 2.x or 3.x, takes a file with these bytes in lower case."""
    return b"airflow" in lower and (b"dag" in lower or b"asset" in lower)


def _has_assets(found: Outline) -> bool:
    return any(one.module == "airflow.sdk" and "asset" in one.names for one in found.imports)
