"""An environment of Data Factory: in a spec, in an exported template, or as Data Factory shows it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from shared.adf.names import INTEGRATION_RUNTIME
from shared.adf.spec import is_airflow

Members = Mapping[str, Any]

_RUNTIMES = "microsoft.datafactory/factories/integrationruntimes"
# `[concat(parameters('factoryName'), '/orders')]`, as "Export template" writes the name of a child of the factory.
_NAME_IN_TEMPLATE = re.compile(r"\[.*/([^'/]+)'\s*\)*\]")
_EXPRESSION = re.compile(r"\[(?!\[).*\]", re.DOTALL)


@dataclass(frozen=True, slots=True)
class AdfEnvironment:
    """One environment with its name and the JSON around it, sections found without regard to case."""

    name: str
    resource: Members

    @property
    def properties(self) -> Members:
        """What the integration runtime is made of."""
        return section(self.resource, "properties")

    @property
    def types(self) -> Members:
        """`typeProperties`, the two halves of an environment."""
        return section(self.properties, "typeProperties")

    @property
    def compute(self) -> Members:
        """Its nodes."""
        return section(self.types, "computeProperties")

    @property
    def airflow(self) -> Members:
        """Airflow itself."""
        return section(self.types, "airflowProperties")


def adf_environment_in(document: object, name: str | None = None) -> AdfEnvironment:
    """Find the environment in a document, by its name where a template holds several; `name` also names one without.

    Raises ValueError, which says what was expected and names what is there, never a value.
    """
    found = [(_name_of(resource), resource) for resource in _resources(document) if is_airflow(resource)]
    if not found:
        raise ValueError("expected an environment: an object with properties.type 'Airflow', or a template with one")
    if len(found) == 1:
        return AdfEnvironment(_checked(name or found[0][0]), found[0][1])
    chosen = [resource for own, resource in found if name and own and own.lower() == name.lower()]
    if len(chosen) != 1:
        names = ", ".join(sorted(own or "(without a name)" for own, _ in found))
        raise ValueError(f"expected one environment, or the name of one of these: {names}")
    return AdfEnvironment(_checked(name), chosen[0])


def section(members: Members, name: str) -> Members:
    """Return an object below a key, compared without regard to case; an empty one where there is none."""
    found = member(members, name)
    return found if isinstance(found, Mapping) else {}


def member(members: Members, name: str) -> Any:  # noqa: ANN401 - any JSON value
    """Return the value of a key, compared without regard to case; None where there is none."""
    return next((value for key, value in members.items() if key.lower() == name.lower()), None)


def is_expression(value: object) -> bool:
    """Whether a value is an expression of an ARM template, whose result only a deployment knows."""
    return isinstance(value, str) and _EXPRESSION.fullmatch(value) is not None


def _resources(document: object) -> Iterator[Members]:
    if not isinstance(document, Mapping):
        return
    inside = member(document, "resources")
    if not isinstance(inside, list):
        yield document
        return
    for resource in inside:
        if isinstance(resource, Mapping) and str(member(resource, "type")).lower() == _RUNTIMES:
            yield resource


def _name_of(resource: Members) -> str | None:
    name = member(resource, "name")
    if not isinstance(name, str):
        return None
    in_template = _NAME_IN_TEMPLATE.fullmatch(name)
    return in_template[1] if in_template else name.rpartition("/")[2]


def _checked(name: str | None) -> str:
    if name is None:
        raise ValueError("expected a name for the job; the environment has none")
    return INTEGRATION_RUNTIME.check(name)
