"""An environment of Data Factory as a Fabric Apache Airflow job: its definition, settings, pool and requirements.

Nothing is sent. What comes out are the files that Microsoft's fabric-cicd and Fabric's Git integration take, the
bodies of two REST calls, and a finding for every key of the environment. Versions and names are those of Fabric's pages
"Concepts" and "CI/CD for Apache Airflow jobs".
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from shared.adf.spec import is_nothing
from shared.fabric import keys, pool
from shared.fabric.environment import AdfEnvironment, Members, is_expression, member
from shared.fabric.finding import KeyFinding
from shared.fabric.variables import AIRFLOW, Requirement, SettingKind, Variable, requirements_of, variables_of

_Json = dict[str, Any]
Variables = tuple[Variable, ...]
Requirements = tuple[Requirement, ...]

PLACEHOLDER = "<value of {}>"
_DETAILED: dict[str, type | tuple[type, ...]] = {
    "airflowenvironmentvariables": Mapping,
    "airflowconfigurationoverrides": Mapping,
    "airflowrequirements": (str, list),
}


@dataclass(frozen=True, slots=True)
class Translation:
    """What the environment becomes; `pool` is None where the starter pool will do."""

    name: str
    description: str
    content: _Json
    settings: _Json
    pool: _Json | None
    requirements: tuple[str, ...]
    findings: tuple[KeyFinding, ...]


def translated(environment: AdfEnvironment, *, with_values: bool = False) -> Translation:
    """Translate an environment; without `with_values` it holds no value of a variable, an override or a login."""
    variables = variables_of(environment, with_values=with_values)
    requirements = requirements_of(environment, with_values=with_values)
    return Translation(
        name=environment.name,
        description=_description(environment),
        content=_content(environment, variables, requirements),
        settings=_settings(environment, variables),
        pool=pool.pool_of(environment),
        requirements=tuple(requirement.line for requirement in requirements if requirement.line),
        findings=tuple(_findings(environment, variables, requirements)),
    )


def _content(environment: AdfEnvironment, variables: Variables, requirements: Requirements) -> _Json:
    """Return the definition's content, in the starter pool: another pool and files cannot come in one import."""
    airflow = {
        "airflowVersion": keys.AIRFLOW_VERSION,
        "pythonVersion": keys.PYTHON_VERSION,
        "airflowEnvironment": f"FabricAirflowJob-{pool.JOB_VERSION}",
        "airflowRequirements": [requirement.line for requirement in requirements if requirement.line],
        "airflowEnvironmentVariables": _known(variables, "variable"),
        "airflowConfigurationOverrides": _known(variables, "override"),
        "enableAADIntegration": True,
        "enableTriggerers": _triggerers(environment),
        "packageProviderPath": "plugins",
        "secrets": [],
    }
    compute = {"computePool": "StarterPool", "computeSize": "Small", "extraNodes": 0, "enableAutoscale": False}
    return {
        "properties": {
            "type": "Airflow",
            "typeProperties": {"airflowProperties": airflow, "computeProperties": compute},
        }
    }


def _settings(environment: AdfEnvironment, variables: Variables) -> _Json:
    """Return the body of `environment/updateSettings`, with a placeholder for each value that is not known."""
    return {
        "environmentVariables": _pairs(variables, "variable"),
        "airflowConfigurationOverrides": _pairs(variables, "override"),
        "triggerers": "Enabled" if _triggerers(environment) else "Disabled",
    }


def _known(variables: Variables, place: SettingKind) -> _Json:
    return {one.name: one.value for one in variables if one.place == place and one.value is not None}


def _pairs(variables: Variables, place: SettingKind) -> list[_Json]:
    """Return one pair for each name; of a name that comes twice the later value, as an object would have it."""
    there = {one.name: one.value for one in variables if one.place == place}
    return [
        {"name": name, "value": PLACEHOLDER.format(name) if value is None else value} for name, value in there.items()
    ]


def _triggerers(environment: AdfEnvironment) -> bool:
    return str(member(environment.airflow, "enableTriggerers")).lower() == "true"


def _description(environment: AdfEnvironment) -> str:
    found = member(environment.properties, "description")
    return found[: keys.LONGEST_DESCRIPTION] if isinstance(found, str) and not is_expression(found) else ""


def _findings(environment: AdfEnvironment, variables: Variables, requirements: Requirements) -> Iterator[KeyFinding]:
    """Yield the fate of every key, section by section."""
    types = ("properties", "typeProperties")
    yield from _each(environment.resource, (), keys.of_resource, inside={"properties"})
    yield from _each(environment.properties, types[:1], keys.of_properties, inside={"typeproperties"})
    yield from _each(environment.types, types, keys.of_types, inside={"computeproperties", "airflowproperties"})
    yield from _each(environment.compute, pool.COMPUTE, pool.rule(environment), inside=set())
    yield from _each(environment.airflow, AIRFLOW, keys.of_airflow, inside=set(_in_detail(environment)))
    yield from (variable.finding for variable in variables)
    yield from (requirement.finding for requirement in requirements)


def _in_detail(environment: AdfEnvironment) -> Iterator[str]:
    """Yield the keys of Airflow's section whose members have findings of their own."""
    for key, value in environment.airflow.items():
        if isinstance(value, _DETAILED.get(key.lower(), ())) and not is_nothing(value) and not is_expression(value):
            yield key.lower()


def _each(members: Members, path: tuple[str, ...], rule: keys.Rule, *, inside: set[str]) -> Iterator[KeyFinding]:
    """Yield what the rule says of each key but those in `inside`, and of an expression that it is not known."""
    for key, value in members.items():
        if key.lower() in inside:
            continue
        if is_expression(value):
            todo = f"look up what the template gives to {key}, and set it by hand"
            yield KeyFinding((*path, key), "lost", "an expression of the template, known to a deployment only", todo)
        else:
            yield rule((*path, key), value)
