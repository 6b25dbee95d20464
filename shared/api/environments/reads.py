"""`/api/environments`: reading the Airflow environments of a factory.

ARM knows an environment as an integration runtime, and a factory has runtimes of other types. Those are not shown, and
not acted on: before it acts, a handler reads what has the name.
"""

from collections.abc import Sequence
from http import HTTPStatus

import azure.functions as func

from shared.adf.names import EnvironmentId, FactoryId
from shared.adf.spec import is_airflow
from shared.api.environments.conditions import Conditions, version_of
from shared.api.environments.place import Place
from shared.api.problem import Problem
from shared.api.response import answering, etag_header, json_answer, passed_on, view_answer
from shared.arm import factory as arm_factory
from shared.errors import ServiceRefusal
from shared.rest.answers import RestAnswer
from shared.rest.caller import RestCaller
from shared.rest.deadline import Deadline

# Webhooks give up after 10 s (GitHub's rule); the rest is for the way and the host.
ARM_SECONDS = 9.0


class EnvironmentReads:
    """The environments of `factories` only. All ARM calls of a request share `arm_seconds`."""

    def __init__(self, factories: Sequence[FactoryId], arm: RestCaller, *, arm_seconds: float = ARM_SECONDS) -> None:
        self._factories = factories
        self._arm = arm
        self._arm_seconds = arm_seconds

    @answering
    def get(self, request: func.HttpRequest) -> func.HttpResponse:
        """Show the environment, or say that the caller has its version already (304)."""
        environment, conditions = self._environment(request), Conditions.of(request)
        answer = read_environment(self._arm, environment, self._deadline())
        if conditions.is_unmodified(version_of(answer)):
            return func.HttpResponse(
                status_code=HTTPStatus.NOT_MODIFIED, headers=etag_header(arm_factory.etag_of(answer))
            )
        return passed_on(answer)

    @answering
    def to_fabric(self, request: func.HttpRequest) -> func.HttpResponse:
        """Show what the environment would become in Fabric: the files and what became of each key, no values."""
        from shared.api.environments.fabric_view import fabric_view
        from shared.fabric.environment import adf_environment_in
        from shared.fabric.translation import translated

        environment = self._environment(request)
        shown = read_environment(self._arm, environment, self._deadline()).json()
        try:
            return view_answer(fabric_view(translated(adf_environment_in(shown, environment.name))))
        except ValueError as error:
            raise Problem("NotTranslatable", f"the environment cannot be translated: {error}") from None

    @answering
    def list(self, request: func.HttpRequest) -> func.HttpResponse:
        """Show all environments in one page."""
        factory = Place.of(request, self._factories).factory
        runtimes = arm_factory.list_environments(self._arm, factory, deadline_s=self._deadline().left_s)
        return json_answer({"value": [runtime for runtime in runtimes if is_airflow(runtime)], "nextLink": None})

    @answering
    def status(self, request: func.HttpRequest) -> func.HttpResponse:
        """Show the state alone, as ARM's `getStatus` does."""
        environment = self._environment(request)
        answer = read_environment(self._arm, environment, self._deadline())
        properties: dict[str, object] = {
            "type": "Airflow",
            "dataFactoryName": environment.factory.name,
            "state": arm_factory.state_of(answer),
            "typeProperties": {},
        }
        return json_answer({"name": answer.json().get("name", environment.name), "properties": properties})

    def _deadline(self) -> Deadline:
        return Deadline.after(self._arm_seconds, self._arm.clock)

    def _environment(self, request: func.HttpRequest) -> EnvironmentId:
        return Place.of(request, self._factories).named(request.route_params.get("name", ""))


def read_environment(arm: RestCaller, environment: EnvironmentId, deadline: Deadline) -> RestAnswer:
    """Return ARM's answer that shows it; raise ServiceError, or a Problem (404) for a runtime of another type."""
    answer = arm_factory.get_environment(arm, environment, deadline_s=deadline.left_s)
    if not is_airflow(answer.json()):
        message = "no Airflow environment has this name, but an integration runtime of another type has it"
        raise Problem("NotAirflow", message)
    return answer


def find_environment(arm: RestCaller, environment: EnvironmentId, deadline: Deadline) -> RestAnswer | None:
    """Return the same, or None where nothing has this name."""
    try:
        return read_environment(arm, environment, deadline)
    except ServiceRefusal as refusal:
        if refusal.status != HTTPStatus.NOT_FOUND:
            raise
        return None
