"""All that the emulator knows, in memory, and the parts that tests replace: clock, sleep and the reading of folders."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from local.airflow.real_folder import RealAirflow
from local.airflow.standin import EmulatedAirflow
from local.arm.environments import Course, Description, Environment
from local.arm.exchange import JsonObject
from local.arm.faults import FaultScripts
from local.arm.importer import ImportedFile, ReadFolder
from local.arm.journal import JournalEntry, timestamp
from local.arm.operations import Operation
from local.arm.settings import Seed, Settings
from local.arm.throttle import Throttle
from local.fabric.state import Fabric

# The sample request of Microsoft's REST page, so that it can be repeated as an update of the seeded environment.
_SEEDED: JsonObject = {
    "properties": {
        "type": "Airflow",
        "typeProperties": {
            "computeProperties": {"location": "East US", "computeSize": "Large", "extraNodes": 0},
            "airflowProperties": {
                "airflowVersion": "2.4.3",
                "airflowEnvironmentVariables": {"AIRFLOW__TEST__TEST": "test"},
                "airflowRequirements": ["apache-airflow-providers-microsoft-azure"],
                "enableAADIntegration": True,
                "airflowEntityReferences": [],
            },
        },
    }
}


def utc_now() -> datetime:
    """Return the time, the default of every `clock`."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class ImportRecord:
    """An import that is over."""

    environment: str
    folder: str
    started_at: datetime
    finished_at: datetime
    files: list[ImportedFile]
    error: JsonObject | None = None

    def as_json(self) -> JsonObject:
        """Return what `GET /_emulator/imports` shows."""
        shown: JsonObject = {
            "environment": self.environment,
            "folder": self.folder,
            "started_at": timestamp(self.started_at),
            "finished_at": timestamp(self.finished_at),
            "files": [file.as_json() for file in self.files],
        }
        return shown | {"error": self.error} if self.error else shown


@dataclass
class Emulator:
    """The state of one emulator. Environments are keyed by name in lower case, operations by their own key."""

    seed: Seed
    read_folder: ReadFolder
    clock: Callable[[], datetime] = utc_now
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
    real_airflow: RealAirflow | None = None

    settings: Settings = field(init=False)
    environments: dict[str, Environment] = field(init=False)
    operations: dict[str, Operation] = field(init=False)
    imports: list[ImportRecord] = field(init=False)
    airflow: EmulatedAirflow = field(init=False)
    journal: list[JournalEntry] = field(init=False)
    faults: FaultScripts = field(init=False)
    throttle: Throttle = field(init=False)
    fabric: Fabric = field(init=False)
    running: set[asyncio.Task[None]] = field(init=False, default_factory=set)

    def __post_init__(self) -> None:
        """Begin in the seeded state."""
        self.reset()

    def reset(self) -> None:
        """Go back to the seeded state; imports that still run end without a record."""
        self.end_imports()
        self.settings = Settings()
        seeded = Environment.new(self.seed.environment, Description.of(_SEEDED), Course(self.clock(), ("Started",)))
        self.environments = {seeded.name.lower(): seeded}
        self.operations = {}
        self.imports = []
        self.airflow = EmulatedAirflow()
        self.journal = []
        self.faults = FaultScripts()
        self.throttle = Throttle()
        self.fabric = Fabric(self.clock())

    def end_imports(self) -> None:
        """Stop what still reads folders."""
        for task in self.running:
            task.cancel()
        self.running.clear()

    def run(self, work: Coroutine[None, None, None]) -> None:
        """Start an import and keep hold of it until it is over."""
        task = asyncio.create_task(work)
        self.running.add(task)
        task.add_done_callback(self.running.discard)

    def airflow_url(self, environment: str, origin: str) -> str:
        """Return where an environment's Airflow is: a real one for the seeded environment, else the emulated one."""
        if self.real_airflow and environment.lower() == self.seed.environment.lower():
            return self.real_airflow.url
        return f"{origin}/_airflow/{environment}/"

    def pause(self) -> dict[str, str]:
        """Return the header that says when to ask again."""
        return {"Retry-After": str(self.settings.retry_after)}

    def course(self, states: tuple[str, ...]) -> Course:
        """Begin a course of states now, at the pace of the settings."""
        return Course(self.clock(), states, timedelta(seconds=self.settings.provisioning_seconds))
