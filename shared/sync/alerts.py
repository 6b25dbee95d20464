"""What people are told of a change of a route's state: a pure decision, made where the state changes.

Alerts become part of the state that raises them, in the same write, so that no crash comes between the two. People who
are told at each retry stop reading: a trouble is told when it begins, and when it becomes another one.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from shared.sync.conditions import NO_EVENTS, NOTHING_SEEN, place
from shared.sync.state import AirflowSummary, Alert, RouteState, are_missing

KEPT = 20
_NAMES_SHOWN = 3
_LONGEST_SENTENCE = 500
_LONGEST_NAME = 150


def alerted(
    before: RouteState, after: RouteState, now: datetime, sync_id: str | None, removed: Mapping[str, datetime]
) -> RouteState:
    """Return the state after a change, with the alerts that the change raises.

    `sync_id` is the attempt that it came of, if any; `removed` are the files that ADF keeps after it, and since when.
    """
    trouble = _trouble(before, after, sync_id, now)
    recovery = _recovery(before, after, sync_id, now)
    raised = (trouble, recovery, _removal(before, after, removed, now))
    outbox = after.outbox.model_copy(
        update={
            "alerts": (*after.outbox.alerts, *(alert for alert in raised if alert))[-KEPT:],
            "alarm": trouble or (None if recovery else after.outbox.alarm),
        }
    )
    return after.model_copy(update={"outbox": outbox})


def told_of_airflow(before: RouteState, after: RouteState, now: datetime) -> RouteState:
    """Return the state after Airflow was asked to the end, with an alert about it, unless one was sent already.

    That Airflow has seen none of the files that it was asked about is an alert as well: an import that failed silently
    looks like that.
    """
    summary, alarm = after.airflow, after.outbox.airflow_alarm
    if summary is None or before.asking is None or after.asking:
        return after
    trouble = _airflow_trouble(summary, now)
    alert = trouble or _airflow_recovery(alarm, summary, now)
    if alert is None or (trouble and alarm and _says_the_same(trouble, alarm)):
        return after
    alerts = (*after.outbox.alerts, alert)[-KEPT:]
    outbox = after.outbox.model_copy(update={"alerts": alerts, "airflow_alarm": trouble})
    return after.model_copy(update={"outbox": outbox})


def told_of_events(before: RouteState, after: RouteState, now: datetime) -> RouteState:
    """Return the state after a change, with the alert that events do not arrive, or arrive again."""
    were_missing, miss = are_missing(before.arrivals), are_missing(after.arrivals)
    if were_missing == miss:
        return after
    since = (after if miss else before).arrivals.missing_since or now
    kind: Literal["eventsNotArriving", "eventsArriving"] = "eventsNotArriving" if miss else "eventsArriving"
    alert = Alert(
        id=f"{kind}-{since:%Y%m%dT%H%M%SZ}",
        kind=kind,
        at=now,
        since=since,
        code="NotArriving",
        sentence=NO_EVENTS if miss else None,
        count=(after if miss else before).arrivals.missed,
    )
    outbox = after.outbox.model_copy(update={"alerts": (*after.outbox.alerts, alert)[-KEPT:]})
    return after.model_copy(update={"outbox": outbox})


def _says_the_same(trouble: Alert, alarm: Alert) -> bool:
    return (trouble.code, trouble.sentence, trouble.count) == (alarm.code, alarm.sentence, alarm.count)


def _airflow_trouble(summary: AirflowSummary, now: datetime) -> Alert | None:
    if not (summary.errors or summary.nothing_seen):
        return None
    words = "; ".join(f"{place(file)}: {file.words}" for file in summary.first_errors)
    return Alert(
        id=f"importErrors-{summary.sync_id}",
        kind="importErrors",
        at=now,
        since=now,
        sync_id=summary.sync_id,
        code="ImportErrors" if summary.errors else "NotSeen",
        sentence=_cut(words or NOTHING_SEEN, _LONGEST_SENTENCE),
        count=summary.errors,
        names=tuple(_cut(file.name, _LONGEST_NAME) for file in summary.first_errors),
    )


def _airflow_recovery(alarm: Alert | None, summary: AirflowSummary, now: datetime) -> Alert | None:
    if alarm is None or summary.trouble or summary.unproven:
        return None
    return Alert(
        id=f"importErrorsResolved-{summary.sync_id}",
        kind="importErrorsResolved",
        at=now,
        since=alarm.since,
        sync_id=summary.sync_id,
        code=alarm.code,
        count=alarm.count,
    )


def _trouble(before: RouteState, after: RouteState, sync_id: str | None, now: datetime) -> Alert | None:
    """Return the alert about a new hold or failure, unless it is the trouble that was told last."""
    found = _unreadable(before, after, now) or _held(before, after, sync_id, now) or _failed(before, after, now)
    return found if found and _is_new(found, after.outbox.alarm) else None


def _is_new(found: Alert, alarm: Alert | None) -> bool:
    """Whether a trouble is another one than the last. While ARM is away, retries fail in many ways: that is one."""
    if alarm is None or found.kind != alarm.kind:
        return True
    if found.kind == "held":
        return (found.code, found.sentence) != (alarm.code, alarm.sentence)
    return not found.transient and (alarm.transient or found.code != alarm.code)


def _unreadable(before: RouteState, after: RouteState, now: datetime) -> Alert | None:
    unreadable = after.unreadable
    if unreadable is None or before.unreadable:
        return None
    return Alert(
        id=f"failed-{unreadable.sync_id}",
        kind="failed",
        at=now,
        since=_trouble_since(before, now),
        sync_id=unreadable.sync_id,
        code=unreadable.code,
        sentence=_cut(f"the folder cannot be listed: {unreadable.message}", _LONGEST_SENTENCE),
        transient=True,
        count=1,
    )


def _held(before: RouteState, after: RouteState, sync_id: str | None, now: datetime) -> Alert | None:
    held = after.held
    if held is None or held == before.held or sync_id is None:
        return None
    return Alert(
        id=f"held-{sync_id}",
        kind="held",
        at=now,
        since=_trouble_since(before, now),
        sync_id=sync_id,
        revision=held.revision,
        code=held.reason,
        sentence=_cut(held.sentence, _LONGEST_SENTENCE),
    )


def _failed(before: RouteState, after: RouteState, now: datetime) -> Alert | None:
    failure = after.failure
    if failure is None or failure == before.failure:
        return None
    return Alert(
        id=f"failed-{failure.sync_id}",
        kind="failed",
        at=now,
        since=_trouble_since(before, now),
        sync_id=failure.sync_id,
        revision=failure.revision,
        code=failure.code,
        sentence=_cut(failure.message, _LONGEST_SENTENCE),
        transient=failure.transient,
        count=failure.count,
    )


def _recovery(before: RouteState, after: RouteState, sync_id: str | None, now: datetime) -> Alert | None:
    """Return the alert that the trouble is over: nothing failed, nothing is held, nothing is open or behind."""
    alarm = after.outbox.alarm
    troubled = after.unreadable or after.failure or after.held or after.behind_since
    if alarm is None or troubled or after.operation or after.suspended_since:
        return None
    return Alert(
        id=f"recovered-{sync_id or alarm.sync_id}",
        kind="recovered",
        at=now,
        since=alarm.since,
        sync_id=sync_id or alarm.sync_id,
        revision=after.synced.revision if after.synced else None,
        code=alarm.code,
        count=before.failure.count if before.failure else 0,
    )


def _removal(before: RouteState, after: RouteState, removed: Mapping[str, datetime], now: datetime) -> Alert | None:
    """Return the alert about the files that went since the sync before; earlier ones had their own."""
    if after.synced is None or after.synced == before.synced:
        return None
    known = before.synced.listed_at if before.synced else None
    gone = sorted(name for name, since in removed.items() if known is None or since > known)
    if not gone:
        return None
    return Alert(
        id=f"removed-{after.synced.sync_id}",
        kind="removed",
        at=now,
        since=max(removed[name] for name in gone),
        sync_id=after.synced.sync_id,
        revision=after.synced.revision,
        count=len(gone),
        names=tuple(_cut(name, _LONGEST_NAME) for name in gone[:_NAMES_SHOWN]),
    )


def _trouble_since(before: RouteState, now: datetime) -> datetime:
    return before.outbox.alarm.since if before.outbox.alarm else now


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"
