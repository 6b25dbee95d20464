"""An Airflow that shows what a test lets it show, in place of the client that asks a real one."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from shared.airflow.address import AirflowAddress
from shared.airflow.client import AirflowClient, BasicLogin
from shared.airflow.evidence import Evidence, LoadedDag, LoadError
from shared.rest.urls import Service
from tests.unit.memory import Clock

_NOWHERE = AirflowAddress(Service("http://127.0.0.1:1", ""))


@dataclass
class AirflowInMemory(AirflowClient):
    clock_of_storage: Clock
    dags: dict[str, str] = field(default_factory=dict)
    """Source by path below `dags/`; each file has one DAG, named after it."""
    errors: dict[str, str] = field(default_factory=dict)
    """The last line of the stack trace by path."""
    trouble: Exception | None = None
    looks: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(_NOWHERE, BasicLogin("", ""))

    def look(self, *, deadline_s: float) -> Evidence:
        assert deadline_s > 0
        self.looks.append(self.clock_of_storage.seconds)
        if self.trouble:
            raise self.trouble
        now = self.clock_of_storage.now()
        return Evidence("3.3.2", now, tuple(self._dag(path, now) for path in self.dags), self._errors(now))

    def with_sources(self, evidence: Evidence, dags: list[LoadedDag], *, deadline_s: float) -> Evidence:
        assert deadline_s > 0
        return replace(evidence, sources={dag.dag_id: self.dags[dag.location] for dag in dags})

    def _dag(self, path: str, now: datetime) -> LoadedDag:
        return LoadedDag(path.removesuffix(".py"), path, "dags-folder", active=True, parsed_at=now, source_key="")

    def _errors(self, now: datetime) -> tuple[LoadError, ...]:
        return tuple(LoadError(path, "dags-folder", now, f"{words}\n") for path, words in self.errors.items())
