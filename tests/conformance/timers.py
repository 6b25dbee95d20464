"""Timers: when they are due, what is made up for, and what is stored of them."""

import json
from datetime import datetime, timedelta

from local.host.schedule import Schedule
from local.host.timer_trigger import local_now
from tests.conformance.hosts import PATIENCE_S, Host
from tests.conformance.scenario import Scenario
from tests.waiting import until

_HOSTS = "azure-webjobs-hosts"
# All of them fire rarely, so that their next time is the same for a while.
TAKEN = (
    "0 0 3 * * *",
    "0 3 * * *",
    "0 0 0 13 * 5",
    "0 0 0 1,15 * 1",
    "0 0 22-2/20 29 2 *",
    "0 50-10/40 0 1 jan *",
    "0 0 0 * * Monday",
    "0 0 0 * January mon-fri",
    "0 0 0 1 dec-nov/5 *",
    "0 0 0 1 */0 *",
    "0 0 0 1 1-12/-5 *",
    "0 0 0 2-1/30 1 *",
)
REFUSED = (
    *("0 0 0 * * 7", "0 0 0 ? * *", "0 0 12 ? * MON", "0 0 0 L * *", "0 0 0 15W * *", "0 0 0 * * MON#1"),
    *(
        "0 R * * * *",
        "0 60 * * * *",
        "0 5, * * * *",
        "0 ,5 * * * *",
        "0 1-2-3 * * * *",
        "0 */x * * * *",
        "0 70/5 * * * *",
    ),
)
NEVER = "0 0 0 30 2 *"
EVERY_TWO_SECONDS = "*/2 * * * * *"


def named(schedules: tuple[str, ...]) -> str:
    return json.dumps({f"timer_{n}": schedule for n, schedule in enumerate(schedules)})


def status_name(host: Host, function: str) -> str:
    return f"timers/{host.id}/Host.Functions.{function}/status"


def status_of(host: Host, function: str) -> dict[str, str] | None:
    text = host.storage.read(_HOSTS, status_name(host, function))
    return json.loads(text) if text else None


def be_due(host: Host) -> object:
    """Return the schedules of which the host stores another next time than the stand-in's own reading says."""
    with host.running():
        stored = [until(lambda n=n: status_of(host, f"timer_{n}"), "the status", PATIENCE_S) for n in range(len(TAKEN))]  # type: ignore[misc]
    times = [datetime.fromisoformat((status or {})["Next"]) for status in stored]
    return [
        text for text, time in zip(TAKEN, times, strict=True) if time != Schedule.parse(text).next_after(local_now())
    ]


def be_refused(host: Host) -> object:
    """Return the schedules of refused timers that the host keeps a status of, beside a good one where it starts."""
    with host.running(wait=False):
        until(lambda: host.ended or status_of(host, "good"), "an end or the good timer's status", PATIENCE_S)
        return [text for n, text in enumerate(REFUSED) if status_of(host, f"timer_{n}")]


def make_up(host: Host) -> object:
    """Return what timers saw at a start after a stop over several times; one has another schedule than before."""
    hourly, daily = Schedule.parse("0 0 * * * *"), Schedule.parse("0 0 0 * * *")
    last = local_now() - timedelta(days=3)
    for name, schedule in (("missed", hourly), ("changed", daily)):
        stored = {
            "Last": last.isoformat(),
            "Next": schedule.next_after(last).isoformat(),
            "LastUpdated": last.isoformat(),
        }
        host.storage.upload(_HOSTS, status_name(host, name), json.dumps(stored).encode())
    with host.running():
        seen = host.wait_for("missed")
        until(lambda: (status_of(host, "changed") or {}).get("Last") == "0001-01-01T00:00:00", "the reset", PATIENCE_S)
        after = until(lambda: newer(host, "missed", last), "the status after the run", PATIENCE_S)
    assert after
    stored_next = datetime.fromisoformat(after["Next"])
    return (
        [past_due for past_due, _ in seen],
        host.seen("changed"),
        list(after),
        stored_next == hourly.next_after(datetime.fromisoformat(after["Last"])),
        after["LastUpdated"] == after["Last"],
    )


def newer(host: Host, name: str, last: datetime) -> dict[str, str] | None:
    status = status_of(host, name)
    return status if status and datetime.fromisoformat(status["Last"]) > last + timedelta(hours=1) else None


def fire_often(host: Host) -> object:
    """Return what a timer that raises sees, and whether a status is stored of it."""
    with host.running():
        seen = host.wait_for("raises", 3)
    return seen[:3], status_of(host, "raises")


TIMERS = (
    Scenario("timer: the next time of schedules", be_due, [], alone=True, slow=True, settings={"TIMERS": named(TAKEN)}),
    Scenario(
        "timer: schedules that are refused",
        be_refused,
        [],
        alone=True,
        slow=True,
        settings={"TIMERS": json.dumps({**json.loads(named(REFUSED)), "good": "0 0 0 * * *"})},
    ),
    Scenario(
        "timer: a missed run is made up for once, by the same schedule only",
        make_up,
        ([True], [], ["Last", "Next", "LastUpdated"], True, True),
        alone=True,
        settings={"TIMERS": json.dumps({"missed": "0 0 * * * *", "changed": "0 30 * * * *"})},
    ),
    Scenario(
        "timer: one that fires often and raises goes on, and nothing is stored",
        fire_often,
        ([[False, {}]] * 3, None),
        alone=True,
        settings={"TIMERS": json.dumps({"raises": EVERY_TWO_SECONDS})},
    ),
)
