"""What a path of ARM means: which route it takes, and which factory and environment it names."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from local.arm.errors import ServiceError
from local.arm.exchange import Answer, Call
from local.arm.settings import Seed
from local.arm.state import Emulator
from shared.adf.names import INTEGRATION_RUNTIME, SUBSCRIPTION, FactoryId

FACTORY = (
    r"/subscriptions/(?P<subscription>[^/]+)/resourceGroups/(?P<resource_group>[^/]+)"
    r"/providers/Microsoft\.DataFactory/factories/(?P<factory>[^/]+)"
)
RUNTIMES = rf"{FACTORY}/integrationRuntimes"
RUNTIME = rf"{RUNTIMES}/(?P<runtime>[^/]+)"


@dataclass(frozen=True, slots=True)
class Target:
    """What a request is about; `runtime` and `operation` are empty where the path names none."""

    factory: FactoryId
    runtime: str = ""
    operation: str = ""

    @property
    def runtime_path(self) -> str:
        """The environment's id as Data Factory writes it, with its type in lower case."""
        return f"{self.factory}/integrationruntimes/{self.runtime}"


Handler = Callable[[Emulator, Call, Target], Answer]


@dataclass(frozen=True, slots=True)
class Route:
    """A form of path, and who answers which method."""

    pattern: re.Pattern[str]
    handlers: Mapping[str, Handler]

    @classmethod
    def of(cls, pattern: str, **handlers: Handler) -> "Route":
        """Make a route; ARM compares the words of a path without regard to case."""
        return cls(re.compile(f"{pattern}/?", re.IGNORECASE), handlers)


def find(routes: tuple[Route, ...], seed: Seed, call: Call) -> tuple[Handler, Target]:
    """Return who answers a request and what it is about; raise ARM's refusals where the path leads nowhere."""
    for route in routes:
        if match := route.pattern.fullmatch(call.path):
            target = _target(seed, {name: unquote(text) for name, text in match.groupdict().items()})
            return _handler(route, call.method), target
    raise ServiceError.not_found(
        "InvalidResourceType",
        "The resource type could not be found in the namespace 'Microsoft.DataFactory' for api version '2018-06-01'.",
    )


def _handler(route: Route, method: str) -> Handler:
    handler = route.handlers.get(method)
    if handler is None:
        raise ServiceError.method_not_allowed(method, sorted(route.handlers))
    return handler


def _target(seed: Seed, names: Mapping[str, str]) -> Target:
    subscription, resource_group, name = (names[part] for part in ("subscription", "resource_group", "factory"))
    runtime = names.get("runtime", "")
    try:
        SUBSCRIPTION.check(subscription)
    except ValueError as error:
        raise ServiceError.invalid_subscription(subscription) from error
    try:
        factory = FactoryId(subscription, resource_group, name)
        if runtime:
            INTEGRATION_RUNTIME.check(runtime)
    except ValueError as error:
        raise ServiceError.bad_request(f"A name in the path is not legal: {error}.") from error
    _check_exists(seed.factory, factory)
    return Target(seed.factory, runtime, names.get("operation", ""))


def _check_exists(known: FactoryId, asked: FactoryId) -> None:
    if asked.subscription.lower() != known.subscription.lower():
        raise ServiceError.not_found(
            "SubscriptionNotFound", f"The subscription '{asked.subscription}' could not be found."
        )
    if asked.resource_group.lower() != known.resource_group.lower():
        raise ServiceError.not_found(
            "ResourceGroupNotFound", f"Resource group '{asked.resource_group}' could not be found."
        )
    if asked != known:
        raise ServiceError.not_found(
            "ResourceNotFound",
            f"The Resource 'Microsoft.DataFactory/factories/{asked.name}' under resource group "
            f"'{asked.resource_group}' was not found.",
        )
