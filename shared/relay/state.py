"""What the relay remembers of a route: one small JSON document, changed only by whoever read its last version."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Pending(_Part):
    """A wake-up is armed: sent at `since`, and invisible to every worker until `due`."""

    since: datetime
    due: datetime


class Synced(_Part):
    """The last revision that ADF accepted, as it was listed at `listed_at`, before the call."""

    revision: str
    listed_at: datetime
    request_id: str | None = None


class Failure(_Part):
    """The last sync failed, `count` times in a row; before `next_attempt` only a change may lead to another one."""

    revision: str
    transient: bool
    count: int
    at: datetime
    next_attempt: datetime
    code: str
    message: str
    status: int | None = None
    request_id: str | None = None


class RouteState(_Part):
    """The state of a route; `burst_since` is when the burst that is being waited out began."""

    version: Literal[1] = 1
    pending: Pending | None = None
    burst_since: datetime | None = None
    synced: Synced | None = None
    failure: Failure | None = None
