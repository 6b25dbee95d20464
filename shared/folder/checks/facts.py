"""What real Airflows and published lists say: which modules, names, arguments and distributions there are.

The tables are made by scripts/airflow_tables and read on first use. Where Airflow's version is not one of the tables',
something counts as there if any of them has it.
"""

import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from shared.folder.checks.surroundings import Version

_TABLES = Path(__file__).parent / "tables"


@cache
def _table(name: str) -> dict[str, Any]:
    table: dict[str, Any] = json.loads((_TABLES / f"{name}.json").read_text(encoding="utf-8"))
    return table


def _applicable(airflow: Version | None) -> dict[str, int]:
    """Return the versions whose tables count, each with its bit."""
    versions = {version: 1 << number for number, version in enumerate(_table("airflow")["versions"])}
    return {version: bit for version, bit in versions.items() if _short(version) == airflow} or versions


def _short(version: str) -> Version:
    major, minor, *_ = version.split(".")
    return int(major), int(minor)


def dag_arguments(airflow: Version | None) -> frozenset[str]:
    """Return the arguments that `DAG` takes."""
    arguments = _table("airflow")["arguments"]
    return frozenset(name for version in _applicable(airflow) for name in arguments[version])


def has_module(module: str, airflow: Version | None) -> bool | None:
    """Whether Airflow has a module of its own, None for one that no table knows."""
    known = _table("airflow")["modules"].get(module)
    return None if known is None else bool(known["in"] & sum(_applicable(airflow).values()))


def has_name(module: str, name: str, airflow: Version | None) -> bool:
    """Whether a module of Airflow's has a name, be it a module below it; the module itself has to be known."""
    bits = _table("airflow")["modules"][module]["names"].get(name, 0)
    return bool(bits & sum(_applicable(airflow).values())) or bool(has_module(f"{module}.{name}", airflow))


def last_with(module: str, name: str | None = None) -> str | None:
    """Return the newest version in the tables that has a module, or a name of one."""
    known = _table("airflow")["modules"].get(module, {"in": 0, "names": {}})
    bits = known["in"] if name is None else known["names"].get(name, 0)
    having = [version for number, version in enumerate(_table("airflow")["versions"]) if bits & 1 << number]
    return having[-1] if having else None


def bundled(airflow: Version | None) -> frozenset[str]:
    """Return the distributions that an Airflow without extras brings along."""
    found = _table("airflow")["bundled"]
    return frozenset(name for version in _applicable(airflow) for name in found[version])


def is_standard(module: str, python: Version | None) -> bool:
    """Whether a name at the top belongs to Python's standard library."""
    versions = _table("standard")
    wanted = f"{python[0]}.{python[1]}" if python else ""
    return any(module in versions[version] for version in ([wanted] if wanted in versions else versions))


def standard_since(module: str) -> str | None:
    """Return the oldest known Python whose standard library has a module."""
    return next((version for version, modules in _table("standard").items() if module in modules), None)


def distributions_of(module: str) -> frozenset[str]:
    """Return the distributions that are known to bring a module of this name at the top."""
    return frozenset(_table("distributions")["modules"].get(module, ()))


def brought_by(distributions: Iterable[str]) -> tuple[frozenset[str], bool]:
    """Return distributions with all that they need, and whether that is all: False where one's needs are not known."""
    needs = _table("distributions")["needs"]
    found: set[str] = set()
    pending = list(distributions)
    while pending:
        name = pending.pop()
        if name not in found:
            found.add(name)
            pending.extend(needs.get(name, ()))
    return frozenset(found), found <= needs.keys()


def brought_by_extra(extra: str) -> frozenset[str]:
    """Return the distributions that an extra of `apache-airflow` brings."""
    return frozenset(_table("distributions")["extras"].get(extra, ()))


def is_known(distribution: str) -> bool:
    """Whether the needs of a distribution are known."""
    return distribution in _table("distributions")["needs"]
