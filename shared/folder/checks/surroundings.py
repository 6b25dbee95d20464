"""What is around the changed files: the other names of the folder, what Airflow's environment is and brings."""

import codecs
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

Version = tuple[int, int]

IGNORE_FILE = ".airflowignore"

_VERSION = re.compile(r"\s*(\d+)\.(\d+)")
# By how a file begins; UTF-32's mark begins with that of UTF-16.
_ENCODINGS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    *((mark, "utf-32") for mark in (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)),
    *((mark, "utf-16") for mark in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)),
)


@dataclass(frozen=True, slots=True)
class Runtime:
    """What runs in an environment, in its own words: versions like `3.8` and `2.6.3`, requirements as pip takes them.

    None for what is not known; then nothing is said that depends on it.
    """

    python: str | None = None
    airflow: str | None = None
    requirements: tuple[str, ...] | None = None

    @property
    def python_version(self) -> Version | None:
        """The first two numbers of Python's version."""
        return _version(self.python)

    @property
    def airflow_version(self) -> Version | None:
        """The first two numbers of Airflow's version."""
        return _version(self.airflow)


def requirements_text(content: bytes) -> str:
    """Return the text of a `requirements.txt` in the encoding that pip finds: by its byte order mark, else UTF-8."""
    encoding = next((name for mark, name in _ENCODINGS if content.startswith(mark)), "utf-8")
    return content.decode(encoding, errors="replace")


# That of an environment that was not asked.
UNKNOWN = Runtime()


def _version(text: str | None) -> Version | None:
    found = _VERSION.match(text or "")
    return (int(found[1]), int(found[2])) if found else None


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The folder around the files that are checked.

    `names` are all files by their path below the folder. `ignore_files` are the contents of each `.airflowignore` by
    path, None for one that could not be read. `requirements` is the text of the route's `requirements.txt`, empty where
    it has none or does not import it, None where it could not be read.
    """

    names: frozenset[str] = frozenset()
    ignore_files: Mapping[str, bytes | None] = field(default_factory=dict)
    requirements: str | None = ""
    runtime: Runtime = UNKNOWN


def to_check(name: str) -> bool:
    """Whether Airflow would read a file, by its path below the folder: a DAG file, a zip of them, a plugin.

    And an ignore file, on which Airflow may fail. Of plugins it loads no zip.
    The ending counts in lower case only, for Airflow compares it as it is (airflow.utils.file.find_dag_file_paths,
    airflow.plugins_manager.load_plugins_from_plugin_directory).
    """
    suffix = PurePosixPath(name).suffix
    return suffix == ".py" or (suffix == ".zip" and root_of(name).lower() != "plugins/") or is_context(name)


def is_context(name: str) -> bool:
    """Whether the checks want a file's content as one of `Surroundings.ignore_files`, changed or not."""
    return PurePosixPath(name).name == IGNORE_FILE


def root_of(name: str) -> str:
    """Return the folder on Python's path that a file lies in, with a slash: `dags/` or `plugins/`, in any case.

    Empty for a file of a container that is itself the folder for DAGs.
    """
    first, slash, _ = name.partition("/")
    return first + slash if first.lower() in {"dags", "plugins"} and slash else ""


def is_package(name: str) -> bool:
    """Whether a file is what a package runs when it is imported."""
    return PurePosixPath(name).name == "__init__.py"


def module_of(name: str) -> str:
    """Return the dotted name by which another file imports one, empty for the `__init__.py` at the top."""
    path = name.removeprefix(root_of(name)).removesuffix(".py")
    return f"/{path}".removesuffix("/__init__").removeprefix("/").replace("/", ".")
