"""`sync`: request one and show its result."""

import json
import math
import time
from dataclasses import dataclass
from typing import Any

from cli.console import Console
from cli.deployment import Deployment
from cli.errors import Exit, NotFoundError
from cli.tables import is_good, names_table, problems_of_sync, problems_table, syncs_table, utc_now

# How long the app is asked to hold one request while it waits for the result.
_ONE_REQUEST_S = 20.0
_PAUSE_S = 1.0


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for besides a sync: one of an unchanged folder too, and that the job's files are read back."""

    force: bool = False
    verify_content: bool = False

    def query(self) -> dict[str, str]:
        """Return the query of the request."""
        return {"force": str(self.force).lower(), **({"verify": "content"} if self.verify_content else {})}


def sync(app: Deployment, route: str, wish: Wish, *, wait_s: float, as_json: bool) -> Exit:
    """Request a sync and wait for its result: OK, NOT_OK, or TIMED_OUT after `wait_s`.

    With `wait_s` 0 it does not wait and returns OK.
    """
    accepted = app.post("routes", route, "sync", **wish.query())
    if not wait_s:
        print(json.dumps(accepted) if as_json else f"accepted: {accepted['url']}")
        return Exit.OK
    record = _result(app, route, accepted["syncId"], wait_s)
    if record is None:
        print(json.dumps(accepted) if as_json else f"not finished after {wait_s:.0f} s; its record: {accepted['url']}")
        return Exit.TIMED_OUT
    _show(record, as_json=as_json)
    return Exit.OK if is_good(record) else Exit.NOT_OK


def _result(app: Deployment, route: str, sync_id: str, wait_s: float) -> dict[str, Any] | None:
    give_up_at = time.monotonic() + wait_s
    while (left := give_up_at - time.monotonic()) > 0:
        try:
            record: dict[str, Any] = app.get(
                "routes", route, "syncs", sync_id, wait=str(math.ceil(min(left, _ONE_REQUEST_S)))
            )
            if record["outcome"] != "running":
                return record
        except NotFoundError:
            pass
        # The app answers immediately when too many requests wait already.
        time.sleep(min(_PAUSE_S, max(0.0, give_up_at - time.monotonic())))
    return None


def _show(record: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(record))
        return
    console = Console()
    console.print(syncs_table([record], utc_now()))
    if record["changes"]:
        console.print(names_table(record["changes"]))
    if problems := problems_of_sync(record):
        console.print(problems_table(problems))
