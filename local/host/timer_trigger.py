"""Functions that run at the times of a schedule (TimerListener in the WebJobs SDK)."""

import asyncio
import json
import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from azure.core.exceptions import AzureError

from local.host.functions import Function, TimerTrigger
from local.host.invocations import Invoker
from local.host.listeners import Outage, keep_running, summary
from local.host.protos import TypedData
from local.host.schedule import Schedule
from local.host.timer_status import TimerMonitor, TimerStatus, at_start

_LOG = logging.getLogger("standin.timers")
_MONITORED_FROM = timedelta(minutes=1)


def local_now() -> datetime:
    """Return the time with the zone in which schedules are meant."""
    return datetime.now().astimezone()


def monitored(trigger: TimerTrigger, schedule: Schedule) -> bool:
    """Tell whether the timer's runs are remembered: not those of one that runs every few seconds."""
    return trigger.use_monitor and not schedule.is_shorter_than(_MONITORED_FROM, local_now())


class Timer:
    """Runs one function by its schedule. It never overlaps itself, and a run that was missed is made up for once."""

    def __init__(
        self,
        function: Function,
        schedule: Schedule,
        monitor: TimerMonitor | None,
        invoker: Invoker,
        now: Callable[[], datetime] = local_now,
    ) -> None:
        self._function = function
        self._schedule = schedule
        self._monitor = monitor
        self._invoker = invoker
        self._now = now
        self._one_at_a_time = asyncio.Lock()

    async def keep_running(self) -> None:
        """Run by the schedule until cancelled."""
        await keep_running(f"timer {self._function.name}", self._run_by_schedule)

    async def run_once(self, status: TimerStatus | None, *, past_due: bool = False) -> None:
        """Run the function now, after a run that is going on; a stop of the listener does not stop it."""
        await asyncio.shield(self._invoker.in_background(self._run(status, past_due=past_due)))

    async def run_now(self) -> None:
        """Run the function out of turn, as the admin API wants."""
        await self.run_once(None)

    async def _run_by_schedule(self, outage: Outage) -> None:
        stored = await self._monitor.read() if self._monitor else None
        outage.over()
        now = self._now()
        status = at_start(stored, self._schedule, now)
        if status != stored:
            await self._remember(status)
        if status.next < now:
            status = await self._fire(status, now, past_due=True)
        while True:
            await asyncio.sleep(max(0.0, (status.next - self._now()).total_seconds()))
            # A timer that wakes a little early still makes the run that is due.
            status = await self._fire(status, max(self._now(), status.next), past_due=False)

    async def _fire(self, status: TimerStatus, begun: datetime, *, past_due: bool) -> TimerStatus:
        # The function sees no status that is not kept.
        await self.run_once(status if self._monitor else None, past_due=past_due)
        status = TimerStatus(last=begun, next=self._schedule.next_after(begun), updated=begun)
        await self._remember(status)
        return status

    async def _run(self, status: TimerStatus | None, *, past_due: bool) -> None:
        content = {
            "Schedule": {"AdjustForDST": True},
            "ScheduleStatus": status and status.as_dict(),
            "IsPastDue": past_due,
        }
        async with self._one_at_a_time:
            await self._invoker.run(self._function, TypedData(json=json.dumps(content)), {}, "timer")

    async def _remember(self, status: TimerStatus) -> None:
        if self._monitor is None:
            return
        try:
            await self._monitor.write(status)
        except AzureError as error:
            _LOG.warning("timer %s: its status is not stored: %s", self._function.name, summary(error))
