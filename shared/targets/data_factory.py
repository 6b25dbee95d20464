"""Azure Data Factory's managed Airflow as a target, through ARM."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from shared.adf.warnings import requirements_in
from shared.arm import factory, operations
from shared.arm.clouds import resource_url
from shared.errors import ServiceRefusal, ServiceUnavailable
from shared.folder.checks import Runtime
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
        runtime = _runtime(factory.airflow_of(answer))
        return EnvironmentState(
            answer.status, answer.request_id, factory.state_of(answer), runtime, factory.incarnation_of(answer)
        )

    def sync(self, route: Route, *, deadline_s: float) -> Accepted:
        """Ask for an import; Microsoft's REST page shows a 202 with nothing to follow, other answers are followed."""
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
        try:
            operation = operations.Operation.from_json(json.loads(handle))
        except ValueError:
            return ImportFailed("HandleUnreadable", "the stored operation cannot be read; the import may have ended")
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


def _runtime(airflow: Mapping[str, Any]) -> Runtime:
    """Read the versions and the requirements off `airflowProperties`; Microsoft's REST page shows all three keys."""
    requirements = airflow.get("airflowRequirements")
    known = isinstance(requirements, (str, list, type(None))) and bool(airflow)
    return Runtime(
        python=_text(airflow.get("pythonVersion")),
        airflow=_text(airflow.get("airflowVersion")),
        requirements=tuple(requirements_in(_texts(requirements))) if known else None,
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _texts(value: object) -> str | list[str] | None:
    if isinstance(value, list):
        return [text for text in value if isinstance(text, str)]
    return _text(value)
