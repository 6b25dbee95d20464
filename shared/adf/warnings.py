"""Likely mistakes in a spec that Data Factory would take: warnings, never rejections.

Data Factory silently ignores keys that it does not know, and some settings of Airflow are its own. A warning
names keys and positions; it never repeats a value.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

from shared.adf.secrets import looks_secret
from shared.adf.templates import expressions_in

_MOST = 100
_AIRFLOW = ("properties", "typeProperties", "airflowProperties")
# Spellings found in public Terraform code, which have no effect.
_MISNAMED = {
    "environmentvariables": "airflowEnvironmentVariables",
    "airflowrequiredarguments": "airflowRequirements",
    "version": "airflowVersion",
}


@dataclass(frozen=True, slots=True)
class SpecWarning:
    """A likely mistake: `path` as in the errors of a refused spec."""

    path: str
    message: str


def warnings_of(
    spec: Mapping[str, Any], existing: Mapping[str, Any] | None = None, factory_region: str | None = None
) -> tuple[SpecWarning, ...]:
    """Return the warnings for a valid spec, a hundred at most: a body of 1 MiB could have half a million.

    `existing` is the environment as Data Factory shows it and `factory_region` where the factory is, as far as known.
    """
    airflow = _airflow(spec)
    found = chain(
        _version(airflow, _airflow(existing)), _misnamed(airflow), _variables(airflow), _requirements(airflow)
    )
    in_airflow = (SpecWarning(".".join((*_AIRFLOW, *path)), message) for path, message in found)
    return tuple(islice(chain(_region(spec, factory_region), in_airflow, _expressions(spec)), _MOST))


_Found = Iterator[tuple[tuple[str, ...], str]]


def _airflow(spec: Mapping[str, Any] | None) -> Mapping[str, Any]:
    section: Any = spec
    for key in _AIRFLOW:
        section = section.get(key) if isinstance(section, Mapping) else None
    return section if isinstance(section, Mapping) else {}


def _region(spec: Mapping[str, Any], factory_region: str | None) -> Iterator[SpecWarning]:
    asked = region_in(spec)
    if asked and factory_region and not is_same_region(asked, factory_region):
        message = "not the region of the factory, which is that of all its environments and cannot be chosen"
        yield SpecWarning(".".join(REGION_PATH), message)


def _expressions(spec: Mapping[str, Any]) -> Iterator[SpecWarning]:
    """Yield those outside of secrets, where they are refused."""
    found = (each for each in expressions_in(spec) if not each.secret)
    return (SpecWarning(".".join(each.path), each.message) for each in found)


def _misnamed(airflow: Mapping[str, Any]) -> _Found:
    for key in airflow:
        if (name := _MISNAMED.get(key.lower())) is not None:
            yield (key,), f"Data Factory most likely ignores this key; it calls it {name}"


def _variables(airflow: Mapping[str, Any]) -> _Found:
    variables = airflow.get("airflowEnvironmentVariables") or {}
    for name, value in variables.items():
        path = ("airflowEnvironmentVariables", name)
        if name.upper() in NOT_OVERRIDABLE:
            yield path, "Data Factory does not let this setting of Airflow be overridden"
        if value and looks_secret(name):
            yield path, "looks like a secret in plain text; keep it in Key Vault as Airflow's secrets backend"


def _requirements(airflow: Mapping[str, Any]) -> _Found:
    for position, requirement in enumerate(requirements_in(airflow.get("airflowRequirements"))):
        if not is_pinned(requirement):
            yield ("airflowRequirements", str(position)), "not pinned with ==, so each installation may bring another"


def _version(airflow: Mapping[str, Any], existing: Mapping[str, Any]) -> _Found:
    asked, there = airflow.get("airflowVersion"), existing.get("airflowVersion")
    if asked and there and asked != there:
        yield ("airflowVersion",), "the version of an existing environment cannot be changed; create a new one"


_KEPT = {
    "API": ("AUTH_BACKEND", "ENABLE_EXPERIMENTAL_API"),
    "CELERY": ("FLOWER_URL_PREFIX",),
    "CORE": (
        "DAGS_ARE_PAUSED_AT_CREATION",
        "DAGS_FOLDER",
        "DONOT_PICKLE",
        "ENABLE_XCOM_PICKLING",
        "EXECUTOR",
        "FERNET_KEY",
        "PLUGINS_FOLDER",
    ),
    "LOGGING": (
        "BASE_LOG_FOLDER",
        "COLORED_LOG_FORMAT",
        "DAG_PROCESSOR_MANAGER_LOG_LOCATION",
        "LOGGING_CONFIG_CLASS",
        "LOGGING_LEVEL",
        "LOG_FILENAME_TEMPLATE",
    ),
    "METRICS": ("STATSD_HOST", "STATSD_ON", "STATSD_PORT", "STATSD_PREFIX"),
    "SCHEDULER": ("CHILD_PROCESS_LOG_DIRECTORY", "DAG_DIR_LIST_INTERVAL"),
    "WEBSERVER": (
        "AUTHENTICATE",
        "AUTH_BACKEND",
        "BASE_URL",
        "COOKIE_SAMESITE",
        "COOKIE_SECURE",
        "EXPOSE_CONFIG",
        "RELOAD_ON_PLUGIN_CHANGE",
        "SECRET_KEY",
    ),
}

NOT_OVERRIDABLE = frozenset(f"AIRFLOW__{section}__{key}" for section, keys in _KEPT.items() for key in keys)


REGION_PATH = ("properties", "typeProperties", "computeProperties", "location")


def region_in(spec: Mapping[str, Any]) -> str | None:
    """Return the region that a spec asks for, None where it leaves that to Data Factory."""
    found: Any = spec
    for key in REGION_PATH:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found if isinstance(found, str) else None


def is_same_region(one: str, other: str) -> bool:
    """Whether two texts name one region, by its display name or the short one."""
    return _short(one) == _short(other)


def _short(region: str) -> str:
    return "".join(region.split()).lower()


# A comma also separates the versions of one requirement: `a>=1,<2`.
_BETWEEN = re.compile(r",(?!\s*[<>=!~])")
# `==` without a wildcard, or the address of a file or repository. No version has a `=`, and a search that could go over
# one would take hours for a long enough text.
_PINNED = re.compile(r"===|==\s*[^\s*=]+\s*(?:$|,)|://")


def requirements_in(value: Sequence[str] | str | None) -> Iterator[str]:
    """Return the requirements one by one, in their order, whatever form they came in."""
    parts = _BETWEEN.split(value) if isinstance(value, str) else value or ()
    return (part.strip() for part in parts)


def is_pinned(requirement: str) -> bool:
    """Whether the requirement always installs the same; a comment, an option of pip or nothing needs no version."""
    bare = requirement.partition("#")[0].partition(";")[0].strip()
    return not bare or bare.startswith("-") or _PINNED.search(bare) is not None
