"""What Airflow's REST API answered, read into values: the same ones for 2.x (`/api/v1`) and 3.x (`/api/v2`).

Read in the sources and the answers of 2.10.5 and 3.3.2. They differ: in v1 the file of an import error is an absolute
path, in v2 one relative to its bundle; v1 says `is_active`, v2 `is_stale`; v1 finds a source by the file's token, v2 by
the DAG's id. The time of an import error is in both that of the last parse, not of the first failure.

Airflow's columns may hold null where its documentation promises a value, so a list is read entry by entry: what one
lacks is not known, and one that tells of no file is counted.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError, WrapValidator

_Item = TypeVar("_Item")


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
    """A file that Airflow could not import when it parsed it last, at `parsed_at`; None where that cannot be read."""

    location: str
    bundle: str
    parsed_at: datetime | None
    stack_trace: str = field(repr=False)

    def is_since(self, moment: datetime) -> bool:
        """Whether it is known to be no older than a moment."""
        return self.parsed_at is not None and self.parsed_at >= moment


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that one look at Airflow showed; `seen_at` is Airflow's own clock, exact to a second.

    `sources` holds the stored source of those DAGs that were asked for it, None where Airflow does not show it.
    `unread_dags` and `unread_errors` count the entries that tell of no file that we could name.
    """

    version: str
    seen_at: datetime
    dags: tuple[LoadedDag, ...] = ()
    errors: tuple[LoadError, ...] = ()
    sources: Mapping[str, str | None] = field(default_factory=dict, repr=False)
    unread_dags: int = 0
    unread_errors: int = 0


@dataclass(frozen=True, slots=True)
class ListPage(Generic[_Item]):
    """A page of a list: its entries, how many more of them could not be read, and how many there are on all pages."""

    items: tuple[_Item, ...]
    unread: int
    total: int


def _or_none(value: Any, read: Callable[[Any], Any]) -> Any:  # noqa: ANN401 - any JSON value
    try:
        return read(value)
    except ValidationError:
        return None


_NoneIfOdd = WrapValidator(_or_none)
_Text = Annotated[str | None, _NoneIfOdd]
_Flag = Annotated[bool | None, _NoneIfOdd]
_Moment = Annotated[AwareDatetime | None, _NoneIfOdd]


class _Lenient(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, defer_build=True)


class _Dag(_Lenient):
    dag_id: _Text = None
    fileloc: _Text = None
    relative_fileloc: _Text = None
    bundle_name: _Text = None
    is_active: _Flag = None
    is_stale: _Flag = None
    last_parsed_time: _Moment = None
    file_token: _Text = None

    def read(self) -> LoadedDag | None:
        """Return the DAG, None for one that tells of no file, or not whether Airflow still has it."""
        location = self.relative_fileloc or self.fileloc
        active = self.is_active if self.is_stale is None else not self.is_stale
        if not (self.dag_id and location) or active is None:
            return None
        token = self.file_token or ""
        return LoadedDag(self.dag_id, location, self.bundle_name or "", active, self.last_parsed_time, token)


class _Error(_Lenient):
    filename: _Text = None
    bundle_name: _Text = None
    timestamp: _Moment = None
    stack_trace: _Text = None

    def read(self) -> LoadError | None:
        """Return the error, None for one that tells of no file."""
        if not self.filename:
            return None
        return LoadError(self.filename, self.bundle_name or "", self.timestamp, self.stack_trace or "")


class _Dags(_Lenient):
    dags: tuple[Annotated[_Dag | None, _NoneIfOdd], ...]
    total_entries: int


class _Errors(_Lenient):
    import_errors: tuple[Annotated[_Error | None, _NoneIfOdd], ...]
    total_entries: int


class _Version(_Lenient):
    version: str


class _Source(_Lenient):
    content: str | None


def read_dags(body: object) -> ListPage[LoadedDag]:
    """Return a page of DAGs; raise ValueError for any other answer."""
    page = _Dags.model_validate(body)
    return _page((dag.read() if dag else None for dag in page.dags), page.total_entries)


def read_errors(body: object) -> ListPage[LoadError]:
    """Return a page of import errors; raise ValueError for any other answer."""
    page = _Errors.model_validate(body)
    return _page((error.read() if error else None for error in page.import_errors), page.total_entries)


def _page(entries: Iterable[_Item | None], total: int) -> ListPage[_Item]:
    every = tuple(entries)
    read = tuple(entry for entry in every if entry is not None)
    return ListPage(read, len(every) - len(read), total)


def read_version(body: object) -> str:
    """Return Airflow's version, like `2.10.5`; raise ValueError for any other answer."""
    return _Version.model_validate(body).version


def read_stored_source(body: object) -> str:
    """Return the source that Airflow stored when it parsed a DAG's file, empty for none; raise ValueError otherwise."""
    return _Source.model_validate(body).content or ""
