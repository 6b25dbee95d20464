"""Azure Data Factory's managed Airflow as a target, through ARM."""

import json
from datetime import timedelta

from shared.arm import factory, operations
from shared.arm.clouds import resource_url
from shared.errors import ServiceRefusal, ServiceUnavailable
from shared.rest.caller import RestCaller
from shared.route import Route
from shared.targets.port import (
    Accepted,
    EnvironmentState,
    ImportFailed,
    ImportProgress,
    ImportSucceeded,
    StillRunning,
    Work,
)

# How long it takes until the target is asked again that could not say how an operation stands.
_ASK_AGAIN_S = 15.0


class DataFactory:
    """Makes the relay's calls; a handle is the JSON of a long-running operation, `settle` what an import may take."""

    def __init__(self, caller: RestCaller, settle: timedelta) -> None:
        self._caller = caller
        self._settle_s = settle.total_seconds()

    def environment_state(self, route: Route, *, deadline_s: float) -> EnvironmentState:
        """Return the state of the integration runtime; raise ServiceRefusal (404) where there is none."""
        environment, _ = route.adf
        answer = factory.get_environment(self._caller, environment, deadline_s=deadline_s)
        return EnvironmentState(answer.status, answer.request_id, factory.state_of(answer))

    def sync(self, route: Route, *, deadline_s: float) -> Accepted:
        """Ask for an import; the seed's sample answers 202 with nothing to follow, other answers are followed."""
        environment, request = route.adf
        answer = factory.sync(
            self._caller, environment.factory, request, deadline_s=deadline_s, settle_s=self._settle_s
        )
        resource = resource_url(*environment.segments)
        operation = operations.started(answer, resource, self._caller.service)
        if operation is None:
            return Accepted(answer.status, answer.request_id)
        return Accepted(answer.status, answer.request_id, json.dumps(operation.as_json()), operation.after_s)

    def poll(self, handle: str, work: Work, *, deadline_s: float) -> ImportProgress:  # noqa: ARG002 - the port
        """Ask once how far an import has come; what ARM cannot say now says nothing about the import."""
        operation = operations.Operation.from_json(json.loads(handle))
        try:
            progress = operations.poll(self._caller, operation, deadline_s=deadline_s)
        except ServiceUnavailable as unavailable:
            return StillRunning(handle, unavailable.retry_after_s or _ASK_AGAIN_S)
        except ServiceRefusal as refusal:
            if refusal.code == "ForeignUrl":
                return ImportFailed(refusal.code, refusal.message)
            return StillRunning(handle, _ASK_AGAIN_S)
        match progress:
            case operations.OperationRunning(operation=moved):
                return StillRunning(json.dumps(moved.as_json()), moved.after_s)
            case operations.OperationFailed(code=code, message=message):
                return ImportFailed(code, message)
            case operations.OperationSucceeded():
                return ImportSucceeded()
