"""Data Factory's operations on integration runtimes, for runtimes of type Airflow.

Source: Microsoft's REST page for PUT; the REST specification of Data Factory (2018-06-01) for the rest.
"""

from dataclasses import replace
from http import HTTPStatus
from uuid import uuid4

from local.arm.environments import CREATING, STARTING, STOPPING, Course, Description, Environment
from local.arm.errors import ServiceError
from local.arm.exchange import Answer, Call, JsonObject
from local.arm.operations import Operation
from local.arm.preconditions import check_read, check_write
from local.arm.state import Emulator
from local.arm.targets import Target


def put(emulator: Emulator, call: Call, target: Target) -> Answer:
    """Create an environment or replace what it was described with; always 200, as in Microsoft's sample."""
    existing = emulator.environments.get(target.runtime.lower())
    check_write(call.headers, existing.etag if existing else None)
    try:
        description = Description.of(call.json_object())
    except ValueError as error:
        raise ServiceError.invalid_content(str(error)) from error
    environment = _updated(emulator, existing, description) if existing else _created(emulator, target, description)
    emulator.environments[target.runtime.lower()] = environment
    return Answer(body=_resource(emulator, call, target, environment))


def _created(emulator: Emulator, target: Target, description: Description) -> Environment:
    return Environment.new(target.runtime, description, emulator.course(CREATING))


def _updated(emulator: Emulator, existing: Environment, description: Description) -> Environment:
    before, after = existing.description.airflow_version, description.airflow_version
    if None not in (before, after) and before != after:
        raise ServiceError.bad_request("Changing the Airflow version within an existing IR is not supported.")
    return existing.updated(description, emulator.clock())


def get(emulator: Emulator, call: Call, target: Target) -> Answer:
    """Show an environment; 304 if the caller has it already."""
    environment = known(emulator, target.runtime)
    if check_read(call.headers, environment.etag):
        return Answer(HTTPStatus.NOT_MODIFIED)
    return Answer(body=_resource(emulator, call, target, environment))


def delete(emulator: Emulator, _call: Call, target: Target) -> Answer:
    """Forget an environment; 204 if there was none."""
    gone = emulator.environments.pop(target.runtime.lower(), None)
    return Answer(HTTPStatus.OK if gone else HTTPStatus.NO_CONTENT)


def listing(emulator: Emulator, call: Call, target: Target) -> Answer:
    """Show one page of the environments, in the order of their names."""
    after = call.query.get("$skiptoken", "")
    names = sorted(name for name in emulator.environments if name > after)
    page, rest = names[: emulator.settings.page_size], names[emulator.settings.page_size :]
    shown: JsonObject = {"value": [_resource(emulator, call, target, emulator.environments[name]) for name in page]}
    if rest:
        more = f"api-version={call.query['api-version']}&$skiptoken={page[-1]}"
        shown["nextLink"] = f"{call.origin}{target.factory}/integrationruntimes?{more}"
    return Answer(body=shown)


def get_status(emulator: Emulator, _call: Call, target: Target) -> Answer:
    """Show the state alone."""
    environment, now = known(emulator, target.runtime), emulator.clock()
    status: JsonObject = {
        "type": "Airflow",
        "dataFactoryName": target.factory.name,
        "state": environment.course.at(now),
        "typeProperties": {"createTime": environment.created.isoformat()},
    }
    return Answer(body={"name": environment.name, "properties": status})


def start(emulator: Emulator, call: Call, target: Target) -> Answer:
    """Start an environment as a long-running operation."""
    return _moved(emulator, call, target, STARTING, "IntegrationRuntimesStart")


def stop(emulator: Emulator, call: Call, target: Target) -> Answer:
    """Stop an environment as a long-running operation."""
    return _moved(emulator, call, target, STOPPING, "IntegrationRuntimesStop")


def _moved(emulator: Emulator, call: Call, target: Target, states: tuple[str, ...], action: str) -> Answer:
    environment, now, key = known(emulator, target.runtime), emulator.clock(), uuid4().hex
    there = environment.course.at(now) == states[-1]
    course = Course(now, states[-1:]) if there else emulator.course(states)
    emulator.environments[target.runtime.lower()] = replace(environment, course=course)
    emulator.operations[key] = Operation(course.ends)
    url = f"{call.origin}{target.runtime_path}/{action}/operationresults/{key}?api-version=2018-06-01"
    return Answer(HTTPStatus.ACCEPTED, headers={"azure-asyncoperation": url, "location": url, **emulator.pause()})


def known(emulator: Emulator, name: str) -> Environment:
    """Return an environment, or raise ARM's refusal; its code is our choice, its text that of a failed pipeline."""
    environment = emulator.environments.get(name.lower())
    if environment is None:
        factory = emulator.seed.factory.name
        message = f"The integration runtime '{name}' under data factory '{factory}' does not exist."
        raise ServiceError.not_found("IntegrationRuntimeNotFound", message)
    return environment


def _resource(emulator: Emulator, call: Call, target: Target, environment: Environment) -> JsonObject:
    return {
        "id": replace(target, runtime=environment.name).runtime_path,
        "name": environment.name,
        "type": "Microsoft.DataFactory/factories/integrationruntimes",
        "properties": environment.properties(emulator.clock(), emulator.airflow_url(environment.name, call.origin)),
        "etag": environment.etag,
    }
