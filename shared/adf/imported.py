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
