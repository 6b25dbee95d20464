"""A job's environment: its state, start and stop, settings, compute and libraries. All in beta.

Source: the published specification of `apacheAirflowJobs/{id}/environment`.
"""

from collections.abc import Iterable
from datetime import datetime

from packaging.requirements import InvalidRequirement, Requirement
from pydantic import JsonValue

from local.arm.environments import STARTING, STOPPING
from local.arm.exchange import Answer, JsonObject
from local.fabric import operations
from local.fabric.errors import FabricError
from local.fabric.paging import page
from local.fabric.state import Asked, Job

_TRIGGERERS = {"Enabled": True, "Disabled": False}
# How Fabric's lists are called in the definition, where they are objects.
_LISTS = {
    "environmentVariables": "airflowEnvironmentVariables",
    "airflowConfigurationOverrides": "airflowConfigurationOverrides",
}


def status(asked: Asked) -> Answer:
    """Show the state of the environment."""
    return Answer(body={"status": asked.status()})


def start(asked: Asked) -> Answer:
    """Start the environment."""
    return _moved(asked, STARTING)


def stop(asked: Asked) -> Answer:
    """Stop the environment."""
    return _moved(asked, STOPPING)


def _moved(asked: Asked, states: tuple[str, ...]) -> Answer:
    there = asked.job.course.at(asked.now) == states[-1]
    asked.job.course = asked.course(states[-1:] if there else states)
    return operations.begun(asked, lasts=asked.job.course.ends - asked.now)


def settings(asked: Asked) -> Answer:
    """Show variables, overrides and triggerers."""
    airflow = asked.job.section("airflowProperties")
    shown: JsonObject = {name: _pairs(airflow.get(key)) for name, key in _LISTS.items()}
    enabled = airflow.get("enableTriggerers") is True
    return Answer(body=shown | {"triggerers": "Enabled" if enabled else "Disabled"})


def update_settings(asked: Asked) -> Answer:
    """Change what the body names; a list replaces the whole list."""
    body = asked.json_object()
    changed: JsonObject = {key: _members(name, body[name]) for name, key in _LISTS.items() if name in body}
    if "triggerers" in body:
        changed["enableTriggerers"] = _triggerers(body["triggerers"])
    asked.job.section("airflowProperties").update(changed)
    return operations.begun(asked)


def compute(asked: Asked) -> Answer:
    """Show the pool that the environment runs in."""
    section = asked.job.section("computeProperties")
    key = str(section.get("poolId", asked.fabric.default_pool)).lower()
    pool = asked.fabric.pools.get(key)
    if pool is None:
        raise FabricError.not_found("pool template")
    return Answer(
        body={
            "poolTemplateId": key,
            "poolTemplateName": pool.name,
            "nodeSize": pool.node_size,
            "computeScalability": {"minNodeCount": pool.fewest, "maxNodeCount": pool.most},
            "apacheAirflowJobVersion": "1.0.0",
            "apacheAirflowJobVersionDetails": {"apacheAirflowVersion": "2.10.5", "pythonVersion": "3.12"},
            "availabilityZones": "Disabled",
            "shutdownPolicy": pool.shutdown_policy,
        }
    )


def update_compute(asked: Asked) -> Answer:
    """Let the environment run in another pool."""
    key = str(asked.json_object().get("poolTemplateId", "")).lower()
    if key not in asked.fabric.pools:
        raise FabricError.not_found("pool template")
    asked.job.section("computeProperties").update(poolId=key, computePool=asked.fabric.pools[key].name)
    return operations.begun(asked)


def libraries(asked: Asked) -> Answer:
    """List what the requirements have installed so far."""
    return page(asked, _installed(asked.job, asked.now), query="beta=true")


def deploy_requirements(asked: Asked) -> Answer:
    """Install requirements in the background, from the body or from a file of the job; the job has to be started.

    A line that is no requirement lets the operation fail, not the request: Fabric reads them later.
    """
    text = _requirements(asked)
    if (state := asked.status()) != "Started":
        raise FabricError.conflict("EnvironmentNotRunning", f"The Apache Airflow environment is {state}.")
    try:
        found = [_library(line) for line in _lines(text)]
    except InvalidRequirement as error:
        reason = str(error).splitlines()[0]
        return operations.begun(asked, error=FabricError.invalid(f"The requirements cannot be installed: {reason}"))
    asked.job.libraries.append((asked.course(("Running", "Done")).ends, found))
    return operations.begun(asked)


def _requirements(asked: Asked) -> str:
    path = asked.call.query.get("filePath")
    content = asked.job.files.get(path) if path else asked.call.content
    if content is None:
        raise FabricError.not_found("path")
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise FabricError.invalid("Requirements have to be encoded in UTF-8.") from error


def _lines(text: str) -> Iterable[str]:
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return (line for line in lines if line)


def _library(line: str) -> JsonObject:
    if line.endswith(".whl"):
        return {"name": line.rpartition("/")[2], "libraryType": "Private", "source": "Internal", "version": ""}
    requirement = Requirement(line)
    version = str(requirement.specifier).removeprefix("==")
    return {"name": requirement.name, "libraryType": "Public", "source": "PyPI", "version": version}


def _installed(job: Job, now: datetime) -> list[JsonObject]:
    done = [found for ends, found in job.libraries if ends <= now]
    return done[-1] if done else []


def _pairs(members: JsonValue) -> JsonValue:
    found = members if isinstance(members, dict) else {}
    return [{"name": name, "value": value} for name, value in found.items()]


def _members(name: str, pairs: JsonValue) -> JsonObject:
    if not isinstance(pairs, list):
        raise FabricError.invalid(f"Expected '{name}' to be a list of objects with 'name' and 'value'.")
    return dict(_member(name, pair) for pair in pairs)


def _member(name: str, pair: JsonValue) -> tuple[str, JsonValue]:
    match pair:
        case {"name": str(key), "value": str(value)}:
            return key, value
        case _:
            raise FabricError.invalid(f"Expected '{name}' to be a list of objects with 'name' and 'value'.")


def _triggerers(value: JsonValue) -> bool:
    if value not in _TRIGGERERS:
        raise FabricError.invalid("Expected 'triggerers' to be 'Enabled' or 'Disabled'.")
    return _TRIGGERERS[str(value)]
