"""What Airflow's REST API answered, read into values: the same ones for 2.x (`/api/v1`) and 3.x (`/api/v2`).

Read in the sources and the answers of 2.10.5 and 3.3.2. They differ: in v1 the file of an import error is an absolute
path, in v2 one relative to its bundle; v1 says `is_active`, v2 `is_stale`; v1 finds a source by the file's token, v2 by
the DAG's id. The time of an import error is in both that of the last parse, not of the first failure.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import AwareDatetime, BaseModel, ConfigDict


@dataclass(frozen=True, slots=True)
class LoadedDag:
    """A DAG that Airflow has. `location` is its file as Airflow writes it, `source_key` finds the stored source.

    `parsed_at` is when its file was last parsed, by Airflow's clock.
    """

    dag_id: str
    location: str
    bundle: str
    active: bool
    parsed_at: datetime | None
    source_key: str


@dataclass(frozen=True, slots=True)
class LoadError:
    """A file that Airflow could not import when it parsed it last, at `parsed_at`."""

    location: str
    bundle: str
    parsed_at: datetime
    stack_trace: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that one look at Airflow showed; `seen_at` is Airflow's own clock, exact to a second.

    `sources` holds the stored source of those DAGs that were asked for it, None where Airflow does not show it.
    """

    version: str
    seen_at: datetime
    dags: tuple[LoadedDag, ...] = ()
    errors: tuple[LoadError, ...] = ()
    sources: Mapping[str, str | None] = field(default_factory=dict, repr=False)


class _Lenient(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, defer_build=True)


class _Dag(_Lenient):
    dag_id: str
    fileloc: str = ""
    relative_fileloc: str | None = None
    bundle_name: str | None = None
    is_active: bool | None = None
    is_stale: bool | None = None
    last_parsed_time: AwareDatetime | None = None
    file_token: str = ""

    def loaded(self) -> LoadedDag:
        location = self.relative_fileloc or self.fileloc
        active = self.is_active if self.is_active is not None else not self.is_stale
        return LoadedDag(self.dag_id, location, self.bundle_name or "", active, self.last_parsed_time, self.file_token)


class _Error(_Lenient):
    filename: str
    bundle_name: str | None = None
    timestamp: AwareDatetime
    stack_trace: str = ""

    def failed(self) -> LoadError:
        return LoadError(self.filename, self.bundle_name or "", self.timestamp, self.stack_trace)


class _Dags(_Lenient):
    dags: tuple[_Dag, ...]
    total_entries: int


class _Errors(_Lenient):
    import_errors: tuple[_Error, ...]
    total_entries: int


class _Version(_Lenient):
    version: str


class _Source(_Lenient):
    content: str


def read_dags(body: object) -> tuple[tuple[LoadedDag, ...], int]:
    """Return a page of DAGs and how many there are in all; raise ValueError for any other answer."""
    page = _Dags.model_validate(body)
    return tuple(dag.loaded() for dag in page.dags), page.total_entries


def read_errors(body: object) -> tuple[tuple[LoadError, ...], int]:
    """Return a page of import errors and how many there are in all; raise ValueError for any other answer."""
    page = _Errors.model_validate(body)
    return tuple(error.failed() for error in page.import_errors), page.total_entries


def read_version(body: object) -> str:
    """Return Airflow's version, like `2.10.5`; raise ValueError for any other answer."""
    return _Version.model_validate(body).version


def read_stored_source(body: object) -> str:
    """Return the source that Airflow stored when it parsed a DAG's file; raise ValueError for any other answer."""
    return _Source.model_validate(body).content
