"""An indexed app with everything that runs its functions."""

import platform
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from pathlib import Path

from local.host.blob_trigger import BlobTriggers, blob_functions
from local.host.errors import StartError
from local.host.functions import STORAGE, Function, HttpTrigger, QueueTrigger, TimerTrigger
from local.host.invocations import Invoker
from local.host.listeners import all_of
from local.host.queue_trigger import queue_listener
from local.host.queues import signals
from local.host.schedule import Schedule
from local.host.settings import HostConfig, host_id
from local.host.singleton import HOSTS_CONTAINER, Singleton
from local.host.storage import Account, Accounts
from local.host.timer_status import TimerMonitor
from local.host.timer_trigger import Timer, monitored

Listener = Callable[[], Coroutine[None, None, None]]


class Host:
    """One app's functions, its connections and its listeners."""

    def __init__(
        self, app_dir: Path, functions: Sequence[Function], config: HostConfig, env: Mapping[str, str]
    ) -> None:
        self.id = host_id(platform.node(), app_dir, env)
        self.functions = {each.name: each for each in functions}
        self.config = config
        self.accounts = Accounts(env)
        self.invoker = Invoker()
        self.enabled = [each for each in functions if not each.disabled]
        self._added = signals()
        # Docs: only an app whose functions are all started by HTTP can do without AzureWebJobsStorage.
        needs_storage = any(not isinstance(each.trigger, HttpTrigger) for each in self.enabled)
        self.storage = self.accounts.get(STORAGE) if needs_storage or STORAGE in env else None
        self.blobs = (
            BlobTriggers(self.storage, self.id, blob_functions(self.enabled, self.accounts), self.invoker, self._added)
            if self.storage
            else None
        )
        self.timers = dict(self._timers(self.storage)) if self.storage else {}

    async def listen(self) -> None:
        """Run every listener until cancelled, or until an exception leaves one of them or what one has begun."""
        await all_of([self.invoker.until_ended(), *(listener() for listener in self._listeners())])

    def _listeners(self) -> Iterable[Listener]:
        for each in self.enabled:
            if isinstance(each.trigger, QueueTrigger):
                yield queue_listener(each, self.accounts, self.invoker, self.config.queues, self._added).keep_running
        if self.blobs and self.blobs.functions:
            yield self.blobs.queue_listener(self.config.blob_queue).keep_running
            if scanner := self.blobs.scanner(self.config.locks):
                yield scanner
        if self.storage:
            for name, timer in self.timers.items():
                yield self._one_at_a_time(self.storage, name, timer)

    def _one_at_a_time(self, storage: Account, name: str, timer: Timer) -> Listener:
        lock = Singleton(storage, self.id, f"Host.Functions.{name}.Listener", self.config.locks)
        return lambda: lock.keep_running(timer.keep_running)

    def _timers(self, storage: Account) -> Iterable[tuple[str, Timer]]:
        container = storage.blobs.get_container_client(HOSTS_CONTAINER)
        for each in self.enabled:
            if not isinstance(each.trigger, TimerTrigger):
                continue
            try:
                schedule = Schedule.parse(each.trigger.schedule)
            except ValueError as error:
                raise StartError(f"function {each.name}: {error}") from error
            monitor = (
                TimerMonitor(container, self.id, each.host_function_id) if monitored(each.trigger, schedule) else None
            )
            yield each.name, Timer(each, schedule, monitor, self.invoker)
