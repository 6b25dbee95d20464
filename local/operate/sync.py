"""`sync`: ask for one, and say what came of it."""

import json
import math
import time
from typing import Any

from rich.console import Console

from local.operate.deployment import Deployment, NotFoundError
from local.operate.tables import is_good, names_table, syncs_table, utc_now

# The app holds a request no longer than this while it waits for a sync's end.
_ONE_REQUEST_S = 20.0
_PAUSE_S = 1.0


def sync(app: Deployment, route: str, *, force: bool, wait_s: float, as_json: bool) -> int:
    """Ask for a sync and wait for its end; return 0 if it is good, 1 if it is not or has not come in time.

    With `wait_s` 0 it does not wait and returns 0.
    """
    asked = app.post("routes", route, "sync", force=str(force).lower())
    if not wait_s:
        print(json.dumps(asked) if as_json else f"asked for: {asked['url']}")
        return 0
    record = _ended(app, route, asked["syncId"], wait_s)
    if record is None:
        print(json.dumps(asked) if as_json else f"no end within {wait_s:.0f} s; look at {asked['url']} later")
        return 1
    _show(record, as_json=as_json)
    return 0 if is_good(record) else 1


def _ended(app: Deployment, route: str, sync_id: str, wait_s: float) -> dict[str, Any] | None:
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
        # The app answers at once when too many wait already.
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
