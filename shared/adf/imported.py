"""Which files of a folder Data Factory imports into Airflow.

ADF takes a path "that contains folders named dags and plugins", in any case, and reads `requirements.txt` beside them;
a container that is itself named `dags` may hold the files directly (docs: airflow-import-dags-blob-storage).
"""

import re

_FOLDERS = frozenset({"dags", "plugins"})
_REQUIREMENTS = "requirements.txt"

# What editors, upload tools and Python leave behind; none of it is a change that Airflow should see.
_TEMPORARY = re.compile(
    r"""
    .*~ | ~\$.* | \.\#.* | \.~.* | .*\.(?:tmp|temp|sw[opx]|part|partial|crdownload|pyc)
    | __pycache__ | \.git | \.ipynb_checkpoints | \.DS_Store | Thumbs\.db | _\$azuretmpfolder\$ | \.azDownload-.*
    """,
    re.VERBOSE | re.IGNORECASE,
)


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
    """Whether an import of `folder` (`container/folder`) takes the file at `path` below it.

    Directory markers and temporary files are not taken.
    """
    parts = path.split("/")
    if "" in parts or any(_TEMPORARY.fullmatch(part) for part in parts):
        return False
    if folder == "dags":
        return True
    return parts[0].lower() == _REQUIREMENTS if len(parts) == 1 else parts[0].lower() in _FOLDERS
