"""Which distributions requirements bring, as far as that can be known without asking an index."""

import re
from dataclasses import dataclass
from itertools import chain

from shared.folder.checks.facts import brought_by, brought_by_extra, bundled, distributions_of, is_known, is_standard
from shared.folder.checks.surroundings import Surroundings, Version

# Each is matched from the beginning, and no two parts of one can share out the same characters: a line may be long.
_NAME = re.compile(
    r"(?P<name>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?:\[(?P<extras>[^\]]*)\]\s*)?(?:[;@=<>~!].*)?$"
)
_NAMES_A_FILE = re.compile(r"-r|--requirement|-c|--constraint|-e|--editable")
_WHEEL = re.compile(r"([A-Za-z0-9_.]+)-.*\.whl$")
_COMMENT = re.compile(r"(^|\s)#.*")
_PROVIDER = "apache-airflow-providers-"


@dataclass(frozen=True, slots=True)
class Brought:
    """The distributions of an environment; `complete` is False where some may be missing from the list."""

    distributions: frozenset[str]
    complete: bool
    airflow: Version | None
    python: Version | None

    def brings(self, module: str) -> bool | None:
        """Whether a module that is not Airflow's can be imported, None where that is not known."""
        top = module.partition(".")[0]
        if is_standard(top, self.python) or distributions_of(top) & self.distributions:
            return True
        if any(_may_bring(name, top) for name in self.distributions):
            return True
        return False if self.complete else None

    def brings_provider(self, module: str) -> bool:
        """Whether a module below `airflow.providers` is there; a provider's distribution is named after its modules."""
        parts = module.split(".")[2:]
        return any(
            _PROVIDER + _canonical("-".join(parts[:count])) in self.distributions for count in range(1, len(parts) + 1)
        )


def brought(around: Surroundings) -> Brought | None:
    """Return what the environment has after an import; None where its requirements are not known."""
    runtime = around.runtime
    if around.requirements is None or runtime.requirements is None:
        return None
    lines = [_read(line) for line in chain(runtime.requirements, around.requirements.splitlines())]
    distributions, complete = brought_by(name for line in lines for name in line.names)
    return Brought(
        distributions=distributions | bundled(runtime.airflow_version),
        complete=complete and not any(line.is_open for line in lines),
        airflow=runtime.airflow_version,
        python=runtime.python_version,
    )


@dataclass(frozen=True, slots=True)
class _Line:
    """The distributions that a line names, and whether it may bring others."""

    names: tuple[str, ...] = ()
    is_open: bool = False


def _read(line: str) -> _Line:
    line = _COMMENT.sub("", line).strip()
    if not line or line.startswith("-"):
        return _Line(is_open=bool(_NAMES_A_FILE.match(line)))
    if wheel := _WHEEL.match(line.rpartition("/")[2]):
        return _Line((_canonical(wheel[1]),))
    found = _NAME.match(line)
    return _named(_canonical(found["name"]), found["extras"] or "") if found else _Line(is_open=True)


def _named(name: str, extras: str) -> _Line:
    """Of Airflow's own extras it is known what they bring; a provider's may be named after another provider."""
    asked = [_canonical(extra) for extra in extras.split(",") if extra.strip()]
    if name != "apache-airflow":
        providers = [f"{_PROVIDER}{extra}" for extra in asked if name.startswith(_PROVIDER)]
        return _Line((name, *providers), is_open=bool(asked))
    found = [brought_by_extra(extra) for extra in asked]
    return _Line((name, *chain.from_iterable(found)), is_open=not all(found))


def _may_bring(distribution: str, top: str) -> bool:
    """Whether a distribution's name speaks for a module: `snowflake-connector-python` for `snowflake`."""
    name, module = distribution, _canonical(top)
    return name == module or name.startswith(f"{module}-") or name.removeprefix("python-") == module


def _canonical(name: str) -> str:
    """Return a distribution's name as PEP 503 compares it."""
    return re.sub(r"[-_.]+", "-", name.strip()).lower()


def provider_of(module: str) -> str:
    """Return the distribution of the provider that a module belongs to, by the longest name that is known of one."""
    parts = module.split(".")[2:]
    names = [_PROVIDER + _canonical("-".join(parts[:count])) for count in range(len(parts), 0, -1)]
    return next(filter(is_known, names), names[-1])
