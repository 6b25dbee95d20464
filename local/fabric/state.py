"""What the emulated Fabric holds: one workspace with its jobs, pools and operations, and what one request is about."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import uuid4

from local.arm.environments import Course
from local.arm.exchange import Call, JsonObject
from local.arm.settings import Settings
from local.fabric.errors import FabricError
from local.fabric.quota import Quota

WORKSPACE = "11111111-1111-1111-1111-111111111111"
JOB = "22222222-2222-2222-2222-222222222222"
CAPACITY = "33333333-3333-3333-3333-333333333333"
STARTER_POOL = "00000000-0000-0000-0000-000000000000"
# The answers of "Get definition" seen in public; the versions are those that Fabric offers (docs: "Concepts").
_NEW_CONTENT: JsonObject = {
    "properties": {
        "type": "Airflow",
        "typeProperties": {
            "airflowProperties": {
                "airflowVersion": "2.10.5",
                "pythonVersion": "3.12",
                "airflowEnvironment": "FabricAirflowJob-1.0.0",
                "airflowRequirements": [],
                "airflowEnvironmentVariables": {},
                "airflowConfigurationOverrides": {},
                "enableAADIntegration": True,
                "enableTriggerers": False,
                "packageProviderPath": "plugins",
                "secrets": [],
            },
            "computeProperties": {"computePool": "StarterPool", "poolId": STARTER_POOL, "computeSize": "Small"},
        },
    }
}


def new_content() -> JsonObject:
    """Return the definition of a job that was made without one."""
    return section_copy(_NEW_CONTENT)


def section_copy(section: JsonObject) -> JsonObject:
    """Copy the objects of a JSON value, so that a change of the copy leaves the original alone."""
    return {key: section_copy(value) if isinstance(value, dict) else value for key, value in section.items()}


@dataclass(frozen=True, slots=True)
class Pool:
    """A template of nodes; the starter pool pauses when it is not used."""

    name: str
    node_size: str
    fewest: int
    most: int
    shutdown_policy: str = "AlwaysOn"


@dataclass(frozen=True, slots=True)
class Operation:
    """Something long-running; its effect is there at once, its end is not."""

    began: datetime
    ends: datetime
    result: JsonObject | None = None
    error: JsonObject | None = None


@dataclass(slots=True)
class Job:
    """An Apache Airflow job. `files` are keyed by their path from the job's root, `dags/…` or `plugins/…`.

    `content` is the one truth about settings and compute: the definition and the environment's calls both show it.
    `libraries` are what each deployment of requirements installs, from the time on at which it is over.
    """

    name: str
    course: Course
    description: str = ""
    content: JsonObject = field(default_factory=new_content)
    files: dict[str, bytes] = field(default_factory=dict)
    libraries: list[tuple[datetime, list[JsonObject]]] = field(default_factory=list)

    def section(self, name: str) -> JsonObject:
        """Return a part of `typeProperties` to read or to change; an empty one where the definition has none."""
        found: object = self.content
        for key in ("properties", "typeProperties", name):
            found = found.setdefault(key, {}) if isinstance(found, dict) else {}
        return found if isinstance(found, dict) else {}


@dataclass(slots=True)
class Fabric:
    """One workspace on a capacity. Jobs, pools and operations are keyed by id in lower case."""

    began: datetime
    jobs: dict[str, Job] = field(init=False)
    pools: dict[str, Pool] = field(init=False)
    default_pool: str = STARTER_POOL
    operations: dict[str, Operation] = field(default_factory=dict)
    quota: Quota = field(default_factory=Quota)

    def __post_init__(self) -> None:
        """Begin with one empty, started job and the starter pool."""
        self.jobs = {JOB: Job("example-job", Course(self.began, ("Started",)))}
        self.pools = {STARTER_POOL: Pool("StarterPool", "Small", 5, 5, "OneHourInactivity")}


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: what it says, what its path names, and the world that it meets."""

    fabric: Fabric
    call: Call
    settings: Settings
    now: datetime
    names: Mapping[str, str]

    @property
    def job_id(self) -> str:
        """The job that the path names."""
        return self.names["job"].lower()

    @property
    def job(self) -> Job:
        """The job that the path names; raises Fabric's refusal if there is none."""
        job = self.fabric.jobs.get(self.job_id)
        if job is None:
            raise FabricError.not_found("item")
        return job

    def status(self) -> str:
        """Return the state of the job's environment, or the one that the settings give it."""
        return self.settings.fabric_status or self.job.course.at(self.now)

    def json_object(self) -> JsonObject:
        """Return the body, or raise Fabric's refusal if it is not one JSON object."""
        try:
            body = self.call.json()
        except ValueError as error:
            raise FabricError.invalid(f"The body is not JSON: {error}") from error
        if not isinstance(body, dict):
            raise FabricError.invalid("Expected one JSON object in the body.")
        return body

    def course(self, states: tuple[str, ...]) -> Course:
        """Begin a course of states now, at the pace of the settings."""
        return Course(self.now, states, timedelta(seconds=self.settings.provisioning_seconds))


def new_id() -> str:
    """Make the id of a new item."""
    return str(uuid4())
