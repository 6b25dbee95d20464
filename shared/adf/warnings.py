"""What is most likely a mistake in a spec that Data Factory would take: warnings, never rejections.

Data Factory ignores keys that it does not know, without a word, and some settings of Airflow are its own. A warning
names keys and positions; it never repeats a value.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

from shared.adf.not_overridable import NOT_OVERRIDABLE
from shared.adf.regions import PATH as REGION
from shared.adf.regions import is_same_region, region_in
from shared.adf.requirements import is_pinned, requirements_in
from shared.adf.secret_names import looks_secret

_MOST = 100
_AIRFLOW = ("properties", "typeProperties", "airflowProperties")
# Spellings in public Terraform code whose authors wonder why nothing happens.
_MISNAMED = {
    "environmentvariables": "airflowEnvironmentVariables",
    "airflowrequiredarguments": "airflowRequirements",
    "version": "airflowVersion",
}


@dataclass(frozen=True, slots=True)
class SpecWarning:
    """Something to look at: where, as in the errors of a refused spec, and what."""

    path: str
    message: str


def warnings_of(
    spec: Mapping[str, Any], existing: Mapping[str, Any] | None = None, factory_region: str | None = None
) -> tuple[SpecWarning, ...]:
    """Return what to look at in a valid spec, the first hundred at most: a body of 1 MiB could have half a million.

    `existing` is the environment as Data Factory shows it and `factory_region` where the factory is, as far as known.
    """
    airflow = _airflow(spec)
    found = chain(
        _version(airflow, _airflow(existing)), _misnamed(airflow), _variables(airflow), _requirements(airflow)
    )
    in_airflow = (SpecWarning(".".join((*_AIRFLOW, *path)), message) for path, message in islice(found, _MOST))
    return (*_region(spec, factory_region), *in_airflow)


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
        yield SpecWarning(".".join(REGION), message)


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
