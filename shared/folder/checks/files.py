"""What the checks know of one file, and how they speak of it."""

from dataclasses import dataclass

from shared.folder.checks.findings import UNREADABLE, Fault, Finding
from shared.folder.checks.outline import EMPTY, Outline
from shared.folder.checks.surroundings import Version, is_package, module_of

_SHOWN = 100


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """A file after reading: `name` below the folder, `root` the folder on Python's path that it lies in, with a slash.

    `words` are those of Airflow's safe mode that its bytes hold. `ignored` is whether `.airflowignore` lists it, None
    where that cannot be said. `archive` is the zip file that it is a member of, and `beside` are the modules and
    packages at the top of that, which its members find before all others.
    """

    name: str
    root: str
    faults: tuple[Fault, ...] = ()
    outline: Outline = EMPTY
    words: frozenset[str] = frozenset()
    ignored: bool | None = False
    archive: str | None = None
    beside: frozenset[str] = frozenset()

    def is_loaded(self, airflow: Version | None) -> bool:
        """Whether Airflow is sure to load it: a plugin, or a file with the words that the safe mode looks for.

        airflow.utils.file.might_contain_dag_via_default_heuristic; 3.x takes `asset` for `dag` as well.
        """
        if self.ignored is not False:
            return False
        words = {"airflow", "dag"} <= self.words or (
            airflow is not None and airflow >= (3, 0) and {"airflow", "asset"} <= self.words
        )
        return self.is_plugin or words

    @property
    def is_plugin(self) -> bool:
        """Whether it lies below `plugins`; Airflow loads every Python file there and looks for no DAGs."""
        return self.root.lower() == "plugins/"

    @property
    def is_package(self) -> bool:
        """Whether it is what a package runs when it is imported."""
        return is_package(self.name)

    @property
    def module(self) -> str:
        """The dotted name by which another file imports it."""
        return module_of(self.name)

    @property
    def is_broken(self) -> bool:
        """Whether an import of this file is sure to fail."""
        return any(fault.fatal and fault.reason != UNREADABLE for fault in self.faults)

    def finding(self, line: int | None, reason: str, message: str, *, blocking: bool = False) -> Finding:
        """Return a finding about this file; one about a member of a zip file is about the zip file."""
        if self.archive is None:
            return Finding(self.name, line, reason, message, blocking)
        place = self.name if line is None else f"{self.name}, line {line}"
        return Finding(self.archive, None, reason, f"In {shown(place)}: {message}", blocking)


def cut(name: str) -> str:
    """Cut a dotted name to a length that fits a message; Python lets no other characters into one."""
    return name[:_SHOWN]


def shown(text: str) -> str:
    """Quote a text of a file, cut to a length that fits a message."""
    return repr(text[:_SHOWN])
