"""Which function wants which events: read from the app's own functions, as one reads it to subscribe them in Azure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from local.errors import LocalError
from local.events.changes import Change
from local.host.settings import resolve_names
from shared.triggers.storage_events import CREATED, FINISHED_WRITES, TAKING_AWAY

_DEFAULT_CONNECTION = "AzureWebJobsStorage"


@dataclass(frozen=True, slots=True)
class Place:
    """A container; `connection` is the app setting that leads to its account."""

    connection: str
    container: str


@dataclass(frozen=True, slots=True)
class Subscription:
    """One function's wish. `place` is None for one that hears of every container; no `apis` means any."""

    function: str
    extension: str
    types: tuple[str, ...]
    apis: tuple[str, ...] = ()
    place: Place | None = None

    @property
    def webhook_function(self) -> str:
        """What the extension's webhook knows the function by."""
        return f"Host.Functions.{self.function}" if self.extension == "blobs" else self.function

    def wants(self, change: Change, place: Place) -> bool:
        """Tell whether the change, in this place, is to be told."""
        return (
            change.type in self.types
            and (not self.apis or change.api in self.apis)
            and (self.place is None or self.place == place)
        )


def read_subscriptions(functions: Iterable[Mapping[str, Any]], env: Mapping[str, str]) -> list[Subscription]:
    """Return the subscriptions that the functions, as `/admin/functions` describes them, need."""
    enabled = [each for each in functions if not each["isDisabled"]]
    bindings = [(each["name"], binding) for each in enabled for binding in each["config"]["bindings"]]
    return [each for name, binding in bindings if (each := _subscription(name, binding, env))]


def require_uploads(subscriptions: Iterable[Subscription]) -> None:
    """Raise LocalError if none is for uploads."""
    if not any(each.place for each in subscriptions):
        raise LocalError("the app has no blob function that Event Grid starts; RELAY_BLOB_SOURCE has to be eventgrid")


def _subscription(function: str, binding: Mapping[str, Any], env: Mapping[str, str]) -> Subscription | None:
    if binding["type"] == "eventGridTrigger":
        return Subscription(function, "eventgrid", TAKING_AWAY)
    if binding["type"] != "blobTrigger" or str(binding.get("source")).lower() != "eventgrid":
        return None
    container = resolve_names(binding["path"], env).strip("/").partition("/")[0]
    place = Place(binding.get("connection") or _DEFAULT_CONNECTION, container)
    return Subscription(function, "blobs", (CREATED,), FINISHED_WRITES, place)
