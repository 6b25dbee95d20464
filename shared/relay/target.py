"""Where a sync goes: the relay's small port, and Data Factory behind it."""

from typing import Protocol

from shared.arm import factory
from shared.arm.caller import ArmCaller
from shared.relay.route import Route


class Target(Protocol):
    """What takes a folder into an Airflow environment."""

    def sync(self, route: Route, *, deadline_s: float) -> str | None:
        """Ask for an import of the route's folder and return the request's id; raise ArmError if it is not accepted."""


class DataFactory:
    """Azure Data Factory's managed Airflow, through ARM."""

    def __init__(self, caller: ArmCaller) -> None:
        self._caller = caller

    def sync(self, route: Route, *, deadline_s: float) -> str | None:
        """Ask for an import of the route's folder and return the request's id; raise ArmError if it is not accepted."""
        answer = factory.sync(self._caller, route.environment.factory, route.request, deadline_s=deadline_s)
        return answer.request_id
