"""Workspaces and items: a job as Fabric's common calls and those of `apacheAirflowJobs` show it and change it.

Source: the published specifications of the platform and of the Apache Airflow job.
"""

from datetime import timedelta
from http import HTTPStatus

from local.arm.environments import Course
from local.arm.exchange import Answer, JsonObject
from local.fabric import definition, operations
from local.fabric.errors import FabricError
from local.fabric.paging import page
from local.fabric.state import CAPACITY, WORKSPACE, Asked, Job, new_id

_TYPE = "ApacheAirflowJob"
_LONGEST_DESCRIPTION = 256
_LONGEST_NAME = 256
_AT_ONCE = timedelta(0)


def workspaces(asked: Asked) -> Answer:
    """List the one workspace."""
    return page(asked, [_workspace()])


def workspace(_asked: Asked) -> Answer:
    """Show the workspace; it is on a capacity, without which no job could be made."""
    return Answer(body=_workspace())


def folders(asked: Asked) -> Answer:
    """List the folders of the workspace, of which there are none."""
    return page(asked, [])


def listing(asked: Asked) -> Answer:
    """List the jobs in the order of their names."""
    jobs = sorted(asked.fabric.jobs.items(), key=lambda entry: entry[1].name)
    return page(asked, [_shown(key, job) for key, job in jobs])


def get(asked: Asked) -> Answer:
    """Show a job."""
    return Answer(body=_shown(asked.job_id, asked.job))


def create(asked: Asked) -> Answer:
    """Make a job, with a definition or without one; it begins stopped, as those in custom pools do."""
    body = asked.json_object()
    if body.get("type", _TYPE) != _TYPE:
        raise FabricError(HTTPStatus.BAD_REQUEST, "InvalidItemType", f"The emulator knows items of type {_TYPE} only.")
    job = Job(_name(asked, body.get("displayName")), Course(asked.now, ("Stopped",)), _description(body))
    if body.get("definition") is not None:
        definition.apply(job, body, metadata=False)
    key = new_id()
    asked.fabric.jobs[key] = job
    return operations.begun(asked, result=_shown(key, job), lasts=_AT_ONCE, status=HTTPStatus.CREATED)


def update(asked: Asked) -> Answer:
    """Change a job's name or description."""
    body, job = asked.json_object(), asked.job
    if "displayName" in body and body["displayName"] != job.name:
        job.name = _name(asked, body["displayName"])
    job.description = _description(body) if "description" in body else job.description
    return get(asked)


def delete(asked: Asked) -> Answer:
    """Forget a job and its files."""
    asked.job  # noqa: B018 - refuses where there is none
    del asked.fabric.jobs[asked.job_id]
    return Answer(HTTPStatus.OK)


def get_definition(asked: Asked) -> Answer:
    """Return the definition."""
    return operations.begun(asked, result=definition.shown(asked.job), lasts=_AT_ONCE)


def update_definition(asked: Asked) -> Answer:
    """Put another definition in place of the job's."""
    metadata = asked.call.query.get("updateMetadata", "").lower() == "true"
    definition.apply(asked.job, asked.json_object(), metadata=metadata)
    return operations.begun(asked, lasts=_AT_ONCE)


def _shown(key: str, job: Job) -> JsonObject:
    return {
        "id": key,
        "type": _TYPE,
        "displayName": job.name,
        "description": job.description,
        "workspaceId": WORKSPACE,
    }


def _workspace() -> JsonObject:
    return {
        "id": WORKSPACE,
        "displayName": "example-workspace",
        "description": "",
        "type": "Workspace",
        "capacityId": CAPACITY,
        "capacityAssignmentProgress": "Completed",
    }


def _name(asked: Asked, name: object) -> str:
    if not isinstance(name, str) or not 0 < len(name) <= _LONGEST_NAME:
        raise FabricError.invalid(f"displayName has to be a text of 1 to {_LONGEST_NAME} characters.")
    if name in {job.name for job in asked.fabric.jobs.values()}:
        raise FabricError.conflict("ItemDisplayNameAlreadyInUse", f"The name '{name}' is in use.")
    return name


def _description(body: JsonObject) -> str:
    description = body.get("description") or ""
    if not isinstance(description, str) or len(description) > _LONGEST_DESCRIPTION:
        raise FabricError.invalid(f"description has to be a text of at most {_LONGEST_DESCRIPTION} characters.")
    return description
