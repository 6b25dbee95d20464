"""Variables, overrides and requirements of an environment, one by one: what each becomes in Fabric.

Sources: Fabric's pages on Airflow configurations and on workspace identity (the reserved names), and the published
specification of `environment/updateSettings`. Which form of an override's name works is not known; Data Factory's is
kept.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from shared.adf.secrets import looks_secret, masked, masks_in
from shared.adf.warnings import NOT_OVERRIDABLE, requirements_in
from shared.fabric.environment import AdfEnvironment, is_expression, member, section
from shared.fabric.finding import KeyFinding

SettingKind = Literal["variable", "override"]

AIRFLOW = ("properties", "typeProperties", "airflowProperties")
_RESERVED = frozenset({"AZURE_CLIENT_ID", "AZURE_TENANT_ID", "AZURE_AUTHORITY_HOST"})
_SETTING = "AIRFLOW__"
_PACKAGE = re.compile(r"/opt/airflow/dags/(?:\S*/)?(?P<file>[^/\s]+\.(?:whl|zip|tar\.gz))")
_IN_GIT = "/opt/airflow/git/"


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable or override; `value` is None where it is not to be written, `place` where Fabric has none for it."""

    name: str
    value: str | None
    place: SettingKind | None
    finding: KeyFinding


@dataclass(frozen=True, slots=True)
class Requirement:
    """One line of the requirements as Fabric gets it; empty where it is lost."""

    line: str
    finding: KeyFinding


def variables_of(environment: AdfEnvironment, *, with_values: bool) -> tuple[Variable, ...]:
    """Return what the environment sets, in its order; of two that fall together the later one, as an object has it."""
    given = [
        *_members(environment, "airflowEnvironmentVariables", "variable"),
        *_members(environment, "airflowConfigurationOverrides", "override"),
    ]
    return tuple(_variable(path, value, place, with_values=with_values) for path, value, place in given)


def requirements_of(environment: AdfEnvironment, *, with_values: bool) -> tuple[Requirement, ...]:
    """Return the requirements in their order; a login in an address is masked unless values are asked for."""
    given = member(environment.airflow, "airflowRequirements")
    if not isinstance(given, str | list) or is_expression(given):
        return ()
    texts = given if isinstance(given, str) else [str(text) for text in given]
    return tuple(
        _requirement(place, line, with_values=with_values) for place, line in enumerate(requirements_in(texts)) if line
    )


def _members(
    environment: AdfEnvironment, key: str, place: SettingKind
) -> Iterator[tuple[tuple[str, ...], Any, SettingKind]]:
    """Yield each member; a setting of Airflow among the variables becomes an override, as Fabric keeps them apart."""
    for name, value in section(environment.airflow, key).items():
        yield (*AIRFLOW, key, name), value, "override" if name.upper().startswith(_SETTING) else place


def _variable(path: tuple[str, ...], value: Any, place: SettingKind, *, with_values: bool) -> Variable:  # noqa: ANN401
    name = path[-1]
    if name.upper() in NOT_OVERRIDABLE:
        return Variable(name, None, None, KeyFinding(path, "lost", "Fabric does not let this setting be overridden"))
    known = with_values and not is_expression(value) and not list(masks_in({"password": value}))
    moved = place == "override" and path[-2] == "airflowEnvironmentVariables"
    finding = KeyFinding(path, "changed" if moved else "carried", _note(name, moved=moved), _todo(name, known=known))
    return Variable(name, _text(value) if known else None, place, finding)


def _note(name: str, *, moved: bool) -> str:
    notes = []
    if moved:
        notes.append("a setting of Airflow, so it goes among the configuration overrides")
    if name.upper() in _RESERVED:
        notes.append("reserved: with Fabric connections on, an update that sets it fails")
    if looks_secret(name):
        notes.append("looks like a secret")
    return "; ".join(notes)


def _todo(name: str, *, known: bool) -> str:
    if not known:
        return f"put the value of {name} into settings.json"
    return f"keep {name} in Azure Key Vault instead of in a setting" if looks_secret(name) else ""


def _text(value: Any) -> str:  # noqa: ANN401 - any JSON value
    """Write a value as an environment variable has it; numbers and objects come as JSON."""
    return value if isinstance(value, str) else json.dumps(value)


def _requirement(place: int, line: str, *, with_values: bool) -> Requirement:
    path = (*AIRFLOW, "airflowRequirements", str(place))
    if is_expression(line):
        todo = "look up the requirement that the template gives, and add it by hand"
        return Requirement("", KeyFinding(path, "lost", "an expression of the template", todo))
    shown = line if with_values else masked(line)
    if package := _PACKAGE.search(shown):
        moved = _PACKAGE.sub(r"/opt/airflow/plugins/libs/\g<file>", shown)
        todo = f"move {package['file']} to plugins/libs/ in the folder"
        return Requirement(moved, KeyFinding(path, "changed", f"now {moved}", todo))
    if _IN_GIT in shown:
        todo = "put the package into plugins/libs/ and the line to /opt/airflow/plugins/libs/"
        return Requirement(shown, KeyFinding(path, "carried", "a path of Git sync, which the job does not have", todo))
    if shown != line:
        return Requirement(shown, KeyFinding(path, "changed", "the login is masked", "put the login in again"))
    return Requirement(shown, KeyFinding(path, "carried"))
