"""`/api/environments`: reading, deleting, starting and stopping the Airflow environments of a factory.

ARM knows an environment as an integration runtime, and a factory has runtimes of other types. Those are not shown,
deleted, started or stopped here: before it acts, a handler reads what has the name.
"""

from collections.abc import Sequence
from http import HTTPStatus

import azure.functions as func

from shared.adf.names import EnvironmentId, FactoryId
from shared.adf.spec import is_airflow
from shared.api.environments.place import Place
from shared.api.problem import Problem
from shared.api.response import answering, json_answer, passed_on
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
        """Show the environment."""
        return passed_on(read_environment(self._arm, self._environment(request), self._deadline()))

    @answering
    def list(self, request: func.HttpRequest) -> func.HttpResponse:
        """Show all environments in one page."""
        factory = Place.of(request, self._factories).factory
        runtimes = arm_factory.list_environments(self._arm, factory, deadline_s=self._deadline().left_s)
        return json_answer({"value": [runtime for runtime in runtimes if is_airflow(runtime)], "nextLink": None})

    @answering
    def delete(self, request: func.HttpRequest) -> func.HttpResponse:
        """Delete the environment; 204 says that there was none."""
        environment, deadline = self._actable(request)
        return passed_on(arm_factory.delete_environment(self._arm, environment, deadline_s=deadline.left_s))

    @answering
    def start(self, request: func.HttpRequest) -> func.HttpResponse:
        """Start the environment; after a 202 its `state` tells how it goes on."""
        environment, deadline = self._actable(request)
        return passed_on(arm_factory.start_environment(self._arm, environment, deadline_s=deadline.left_s))

    @answering
    def stop(self, request: func.HttpRequest) -> func.HttpResponse:
        """Stop the environment; after a 202 its `state` tells how it goes on."""
        environment, deadline = self._actable(request)
        return passed_on(arm_factory.stop_environment(self._arm, environment, deadline_s=deadline.left_s))

    @answering
    def started(self, request: func.HttpRequest) -> func.HttpResponse:
        """Show the environment once it is started; 202 before."""
        return self._once(request, "Started")

    @answering
    def stopped(self, request: func.HttpRequest) -> func.HttpResponse:
        """Show the environment once it is stopped; 202 before."""
        return self._once(request, "Stopped")

    def _once(self, request: func.HttpRequest, state: str) -> func.HttpResponse:
        environment = read_environment(self._arm, self._environment(request), self._deadline())
        if arm_factory.state_of(environment) == state:
            return passed_on(environment)
        return func.HttpResponse(status_code=HTTPStatus.ACCEPTED)

    def _deadline(self) -> Deadline:
        return Deadline.after(self._arm_seconds, self._arm.clock)

    def _environment(self, request: func.HttpRequest) -> EnvironmentId:
        return Place.of(request, self._factories).named(request.route_params.get("name", ""))

    def _actable(self, request: func.HttpRequest) -> tuple[EnvironmentId, Deadline]:
        """Return the environment unless a runtime of another type has its name; where there is none, ARM says so."""
        environment, deadline = self._environment(request), self._deadline()
        find_environment(self._arm, environment, deadline)
        return environment, deadline


def read_environment(arm: RestCaller, environment: EnvironmentId, deadline: Deadline) -> RestAnswer:
    """Return ARM's answer that shows it; raise ServiceError, or a Problem (404) for a runtime of another type."""
    answer = arm_factory.get_environment(arm, environment, deadline_s=deadline.left_s)
    if not is_airflow(answer.json()):
        message = "no Airflow environment has this name, but an integration runtime of another type has it"
        raise Problem(HTTPStatus.NOT_FOUND, message, code="NotAirflow")
    return answer


def find_environment(arm: RestCaller, environment: EnvironmentId, deadline: Deadline) -> RestAnswer | None:
    """Return the same, or None where nothing has this name."""
    try:
        return read_environment(arm, environment, deadline)
    except ServiceRefusal as refusal:
        if refusal.status != HTTPStatus.NOT_FOUND:
            raise
        return None
