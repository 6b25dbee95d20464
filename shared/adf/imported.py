"""Which files of a folder Data Factory imports into Airflow, and why the others are left out.

ADF takes a path "that contains folders named dags and plugins", in any case, and reads `requirements.txt` beside them;
a container that is itself named `dags` may hold the files directly (docs: airflow-import-dags-blob-storage).
"""

import re
from collections.abc import Mapping

_FOLDERS = frozenset({"dags", "plugins"})
_REQUIREMENTS = "requirements.txt"

_EMPTY_PART = "its path has an empty part: a slash too many"
_DOTS = "its path has a part that is . or .., with which a client would reach another blob"
_BACKSLASH = "its name has a backslash where a slash is expected"
_ELSEWHERE = "it is not below dags/ or plugins/ of the folder, nor its requirements.txt"
_TEMPORARY = "an editor, an upload tool or Python left it behind"

# By the last part of a path: a file. A folder of such a name may hold anything.
_TEMPORARY_FILE = re.compile(
    r"""
    .+~ | ~\$.+ | \#.+\# | \.\#.+ | \.~.+ | \..+\.sw[a-p]
    | .+\.(?:tmp|temp|part|partial|filepart|crdownload) | \.azDownload-.+ | \.DS_Store | Thumbs\.db | desktop\.ini
    """,
    re.VERBOSE | re.IGNORECASE,
)
_TEMPORARY_FOLDERS = frozenset({"__pycache__", ".git", ".ipynb_checkpoints", "_$azuretmpfolder$"})

# What Data Lake storage and older Hadoop clients mark a directory with, which is listed as an empty blob.
_DIRECTORY_MARKS = frozenset({"hdi_isfolder", "asv_isfolder"})


# The file of `dag-relay check-events`: one that no import takes.
_CHECK = re.compile(r"dag-relay-check-([0-9a-f]{16})\.tmp")


def check_file(check_id: str) -> str:
    """Return the path of the file of a check, whose id has 16 hexadecimal digits."""
    return f"dag-relay-check-{check_id}.tmp"


def check_of(path: str) -> str | None:
    """Return the id of the check that the file at `path` below the folder is for, None for any other file."""
    found = _CHECK.fullmatch(path)
    return found[1] if found else None


def is_imported(folder: str, path: str) -> bool:
    """Whether an import of `folder` (`container/folder`) takes the file at `path` below it."""
    return why_ignored(folder, path) is None


def why_ignored(folder: str, path: str) -> str | None:
    """Return why an import of `folder` (`container/folder`) does not take the file at `path` below it, else None.

    The reason is a clause about "it", the file.
    """
    parts = path.split("/")
    if "" in parts:
        return _EMPTY_PART
    if not {".", ".."}.isdisjoint(parts):
        return _DOTS
    if folder != "dags" and not _lies_where_it_counts(parts):
        swapped = path.replace("\\", "/").split("/")
        return _BACKSLASH if _lies_where_it_counts(swapped) else _ELSEWHERE
    return _TEMPORARY if _is_temporary(parts) else None


def is_directory(name: str, size: int, metadata: Mapping[str, str]) -> bool:
    """Whether a blob only stands for a directory: by its metadata, in any spelling, or empty and named like one."""
    marked = any(key.lower() in _DIRECTORY_MARKS and value.lower() == "true" for key, value in metadata.items())
    return marked or (size == 0 and name.endswith(("/", "_$folder$")))


def _lies_where_it_counts(parts: list[str]) -> bool:
    first = parts[0].lower()
    return first == _REQUIREMENTS if len(parts) == 1 else first in _FOLDERS


def _is_temporary(parts: list[str]) -> bool:
    return not _TEMPORARY_FOLDERS.isdisjoint(map(str.lower, parts)) or bool(_TEMPORARY_FILE.fullmatch(parts[-1]))
