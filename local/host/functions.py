"""The app's functions as values: what triggers each."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from local.host.errors import StartError
from local.host.settings import is_disabled, resolve_names
from local.host.worker import IndexedFunction

_LOG = logging.getLogger("standin.functions")
STORAGE = "AzureWebJobsStorage"
_Binding = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class HttpTrigger:
    """Runs on a request. No `methods` means every method."""

    route: str
    methods: frozenset[str]
    auth_level: str


@dataclass(frozen=True, slots=True)
class BlobTrigger:
    """Runs for a new version of a blob. `deferred` functions get a reference instead of the content."""

    path: str
    connection: str
    event_grid: bool
    deferred: bool


@dataclass(frozen=True, slots=True)
class QueueTrigger:
    """Runs for a message."""

    queue: str
    connection: str


@dataclass(frozen=True, slots=True)
class TimerTrigger:
    """Runs at the times of a schedule."""

    schedule: str
    use_monitor: bool


@dataclass(frozen=True, slots=True)
class EventGridTrigger:
    """Runs for an event that Event Grid posts."""


Trigger = HttpTrigger | BlobTrigger | QueueTrigger | TimerTrigger | EventGridTrigger


@dataclass(frozen=True, slots=True)
class Function:
    """One function of the app; `parameter` is the name under which the trigger's value goes in."""

    name: str
    function_id: str
    parameter: str
    trigger: Trigger
    disabled: bool
    bindings: tuple[dict[str, Any], ...] = field(repr=False, compare=False)

    @property
    def host_function_id(self) -> str:
        """The id that receipts, blob messages and the webhook's URL use."""
        return f"Host.Functions.{self.name}"


def describe(indexed: Sequence[IndexedFunction], env: Mapping[str, str]) -> tuple[Function, ...]:
    """Turn the worker's findings into functions; raise StartError for a binding that the stand-in does not have."""
    return tuple(_function(each, env) for each in indexed)


def _function(indexed: IndexedFunction, env: Mapping[str, str]) -> Function:
    if indexed.has_retry_policy:
        _LOG.warning("Function %s: the stand-in does not know retry policies and ignores this one", indexed.name)
    trigger = next((each for each in indexed.bindings if each["type"] in _TRIGGERS), None)
    if trigger is None:
        kinds = ", ".join(sorted(each["type"] for each in indexed.bindings))
        raise StartError(f"function {indexed.name}: the stand-in host has no trigger for its bindings ({kinds})")
    for each in indexed.bindings:
        if each is not trigger and each["type"] != "http":
            raise StartError(f"function {indexed.name}: the stand-in host has no binding of type {each['type']}")
    return Function(
        name=indexed.name,
        function_id=indexed.function_id,
        parameter=trigger["name"],
        trigger=_TRIGGERS[trigger["type"]](trigger, indexed.name, env),
        disabled=is_disabled(indexed.name, env),
        bindings=indexed.bindings,
    )


def _http(binding: _Binding, name: str, _env: Mapping[str, str]) -> HttpTrigger:
    return HttpTrigger(
        route=binding.get("route") or name,
        methods=frozenset(str(method).upper() for method in binding.get("methods") or ()),
        auth_level=str(binding.get("authLevel") or "function").lower(),
    )


def _blob(binding: _Binding, _name: str, env: Mapping[str, str]) -> BlobTrigger:
    return BlobTrigger(
        path=resolve_names(binding["path"], env),
        connection=binding.get("connection") or STORAGE,
        event_grid=str(binding.get("source")).lower() == "eventgrid",
        deferred=bool(binding.get("properties", {}).get("SupportsDeferredBinding")),
    )


def _queue(binding: _Binding, _name: str, env: Mapping[str, str]) -> QueueTrigger:
    name = resolve_names(binding["queueName"], env).lower()
    return QueueTrigger(queue=name, connection=binding.get("connection") or STORAGE)


def _timer(binding: _Binding, _name: str, env: Mapping[str, str]) -> TimerTrigger:
    return TimerTrigger(
        schedule=resolve_names(binding["schedule"], env),
        use_monitor=binding.get("useMonitor") is not False,
    )


def _event_grid(_binding: _Binding, _name: str, _env: Mapping[str, str]) -> EventGridTrigger:
    return EventGridTrigger()


_TRIGGERS: dict[str, Callable[[_Binding, str, Mapping[str, str]], Trigger]] = {
    "httpTrigger": _http,
    "blobTrigger": _blob,
    "queueTrigger": _queue,
    "timerTrigger": _timer,
    "eventGridTrigger": _event_grid,
}
