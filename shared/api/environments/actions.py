"""`/api/environments`: deleting, starting and stopping Airflow environments, and following a start or stop.

ARM's own URL of a start or stop asks for rights on the factory. Its answers go through the app instead: the operation
travels in the query of our `Location`, and is followed only where the factory that the caller may reach has it.
"""

import base64
import binascii
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import unquote, urlencode

import azure.functions as func

from shared.adf.names import EnvironmentId, FactoryId
from shared.api.environments.conditions import Conditions, version_of
from shared.api.environments.place import Place
from shared.api.environments.reads import ARM_SECONDS, find_environment, read_environment
from shared.api.problem import Problem
from shared.api.request import RequestUrl
from shared.api.response import answering, passed_on
from shared.arm import factory as arm_factory
from shared.arm import operations
from shared.arm.clouds import resource_url
from shared.rest.answers import RestAnswer
from shared.rest.caller import RestCaller
from shared.rest.deadline import Deadline
from shared.rest.urls import Url

_OPERATION = "operation"
_LONGEST_OPERATION = 4096
# Below a factory. A caller may have made it up, so no part has an encoded slash or dot that ARM would decode.
_OF_OPERATIONS = re.compile(r"(?:[\w.~:=@-]+/)*operation(?:results|statuses)/[\w.~:=@-]+", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Target:
    """What a request is about, and how long all its ARM calls may last."""

    request: func.HttpRequest
    place: Place
    environment: EnvironmentId
    deadline: Deadline


class EnvironmentActions:
    """Acts in `factories` only. All ARM calls of a request share `arm_seconds`; `trust_proxy` is about `Location`."""

    def __init__(
        self,
        factories: Sequence[FactoryId],
        arm: RestCaller,
        *,
        arm_seconds: float = ARM_SECONDS,
        trust_proxy: bool = False,
    ) -> None:
        self._factories = factories
        self._arm = arm
        self._arm_seconds = arm_seconds
        self._trust_proxy = trust_proxy

    @answering
    def delete(self, request: func.HttpRequest) -> func.HttpResponse:
        """Delete the environment; 204 means that there was none."""
        target = self._checked(request)
        deadline_s = target.deadline.left_s
        return passed_on(arm_factory.delete_environment(self._arm, target.environment, deadline_s=deadline_s))

    @answering
    def start(self, request: func.HttpRequest) -> func.HttpResponse:
        """Start the environment; after a 202, `Location` tells the progress."""
        return self._steer(request, arm_factory.start_environment)

    @answering
    def stop(self, request: func.HttpRequest) -> func.HttpResponse:
        """Stop the environment; after a 202, `Location` tells the progress."""
        return self._steer(request, arm_factory.stop_environment)

    @answering
    def follow_start(self, request: func.HttpRequest) -> func.HttpResponse:
        """Show the environment once it has started; 202 before, 409 if the start failed."""
        return self._follow(request, "Started")

    @answering
    def follow_stop(self, request: func.HttpRequest) -> func.HttpResponse:
        """Show the environment once it has stopped; 202 before, 409 if the stop failed."""
        return self._follow(request, "Stopped")

    def _target(self, request: func.HttpRequest, *options: str) -> _Target:
        place = Place.of(request, self._factories, *options)
        environment = place.named(request.route_params.get("name", ""))
        return _Target(request, place, environment, Deadline.after(self._arm_seconds, self._arm.clock))

    def _checked(self, request: func.HttpRequest) -> _Target:
        """Return the target unless a condition does not hold, or a runtime of another type has the name (Problem)."""
        target, conditions = self._target(request), Conditions.of(request)
        found = find_environment(self._arm, target.environment, target.deadline)
        conditions.check(version_of(found))
        return target

    def _steer(self, request: func.HttpRequest, act: Callable[..., RestAnswer]) -> func.HttpResponse:
        target = self._checked(request)
        answer = act(self._arm, target.environment, deadline_s=target.deadline.left_s)
        if answer.status != HTTPStatus.ACCEPTED:
            return passed_on(answer)
        begun = operations.started(answer, resource_url(*target.environment.segments), self._arm.service)
        return passed_on(answer, {"Location": self._location(target, begun)})

    def _follow(self, request: func.HttpRequest, state: str) -> func.HttpResponse:
        target = self._target(request, _OPERATION)
        token = target.place.query.get(_OPERATION)
        if token is not None:
            return self._follow_operation(target, self._operation_in(token, target))
        environment = read_environment(self._arm, target.environment, target.deadline)
        if arm_factory.state_of(environment) == state:
            return passed_on(environment)
        return self._not_yet(target, None)

    def _follow_operation(self, target: _Target, operation: operations.Operation) -> func.HttpResponse:
        match operations.poll(self._arm, operation, deadline_s=target.deadline.left_s):
            case operations.OperationFailed(code=code, message=message):
                raise Problem("OperationFailed", message or "the operation failed", code=code)
            case operations.OperationRunning(operation=moved):
                return self._not_yet(target, moved)
            case operations.OperationSucceeded():
                return passed_on(read_environment(self._arm, target.environment, target.deadline))

    def _not_yet(self, target: _Target, operation: operations.Operation | None) -> func.HttpResponse:
        after_s = operation.after_s if operation else operations.DEFAULT_INTERVAL_S
        headers = {"Location": self._location(target, operation), "Retry-After": str(max(1, round(after_s)))}
        return func.HttpResponse(status_code=HTTPStatus.ACCEPTED, headers=headers)

    def _location(self, target: _Target, operation: operations.Operation | None) -> str:
        """Return the URL of the request, without a function key, and with the operation if it may be followed."""
        url = RequestUrl.of(target.request, trust_proxy=self._trust_proxy)
        query = {name: value for name, value in target.place.query.items() if name != _OPERATION}
        if operation is not None and self._is_of(target.environment.factory, operation):
            query[_OPERATION] = self._token(operation)
        return f"{url.origin}{url.path}?{urlencode(query)}" if query else f"{url.origin}{url.path}"

    def _token(self, operation: operations.Operation) -> str:
        """Return the operation for a URL, without ARM's own address."""
        stored = operation.as_json() | {"url": Url.given(operation.url, self._arm.service).at("")}
        return base64.urlsafe_b64encode(json.dumps(stored).encode()).decode()

    def _operation_in(self, token: str, target: _Target) -> operations.Operation:
        try:
            stored = json.loads(base64.urlsafe_b64decode(token[:_LONGEST_OPERATION]))
            operation = operations.Operation.from_json(stored)
        except (binascii.Error, ValueError, TypeError, RecursionError):
            operation = None
        if operation is None or not self._is_of(target.environment.factory, operation):
            raise Problem("OperationNotFound", "expected the operation as it was in Location")
        return operation

    def _is_of(self, factory: FactoryId, operation: operations.Operation) -> bool:
        """Whether an operation's URL is ARM's own, and that of an operation of the factory."""
        try:
            parts = Url.given(operation.url, self._arm.service).path.split("/")[1:]
        except ValueError:
            return False
        length = len(factory.segments)
        found, below = [unquote(part).lower() for part in parts[:length]], "/".join(parts[length:])
        return found == [part.lower() for part in factory.segments] and _OF_OPERATIONS.fullmatch(below) is not None
