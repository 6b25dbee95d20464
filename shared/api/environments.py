"""`/api/environments`: what callers may do with the Airflow environments of a factory, and with nothing else in it.

ARM knows an environment as an integration runtime, and a factory has runtimes of other types. Those are not shown,
deleted, started or stopped here: before it acts, a handler reads what has the name.
"""

import json
import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus

import azure.functions as func

from shared.adf.changes import changes
from shared.adf.environment import is_airflow
from shared.adf.names import EnvironmentId, FactoryId
from shared.adf.warnings import SpecWarning, warnings_of
from shared.api.answers import json_answer, passed_on
from shared.api.edge import answering
from shared.api.factories import picked
from shared.api.problem import Problem
from shared.api.puts import Put
from shared.api.query import query_of
from shared.api.warnings_header import warnings_header
from shared.arm import factory as arm_factory
from shared.arm.answers import ArmAnswer
from shared.arm.caller import ArmCaller
from shared.errors import ArmRefusal

DEADLINE_S = 60.0
UNCHANGED = "X-Relay-Unchanged"
_LOGGED = 20

log = logging.getLogger(__name__)


class EnvironmentApi:
    """The environments of `factories`, and of no other. A request lasts at most a minute for each call of ARM."""

    def __init__(self, factories: Sequence[FactoryId], arm: ArmCaller) -> None:
        self._factories = factories
        self._arm = arm

    @answering
    def put(self, request: func.HttpRequest) -> func.HttpResponse:
        """Create or update the environment, or say what that would change (`dryRun`); not where nothing changes."""
        query = query_of(request, "factory", "dryRun", "ifChanged")
        put = Put.read(request, query, self._named(request, query))
        if not put.looks_first:
            return self._send(put, warnings_of(put.spec))
        existing = self._existing(put.environment)
        there = existing.json() if existing else None
        warnings, changed = warnings_of(put.spec, there), changes(there, put.spec)
        if put.dry_run:
            return json_answer(put.plan(changed, warnings))
        if existing is None or put.sends(changed):
            return self._send(put, warnings)
        return passed_on(existing, {UNCHANGED: "true", **warnings_header(warnings)})

    @answering
    def get(self, request: func.HttpRequest) -> func.HttpResponse:
        """Show the environment."""
        environment = self._environment(request)
        return passed_on(_airflow(arm_factory.get_environment(self._arm, environment, deadline_s=DEADLINE_S)))

    @answering
    def list(self, request: func.HttpRequest) -> func.HttpResponse:
        """Show all environments in one page."""
        factory = picked(query_of(request, "factory").get("factory"), self._factories)
        runtimes = arm_factory.list_environments(self._arm, factory, deadline_s=DEADLINE_S)
        return json_answer({"value": [runtime for runtime in runtimes if is_airflow(runtime)]})

    @answering
    def delete(self, request: func.HttpRequest) -> func.HttpResponse:
        """Delete the environment; 204 says that there was none."""
        environment = self._actable(request)
        return passed_on(arm_factory.delete_environment(self._arm, environment, deadline_s=DEADLINE_S))

    @answering
    def start(self, request: func.HttpRequest) -> func.HttpResponse:
        """Start the environment; after a 202 its `state` tells how it goes on."""
        environment = self._actable(request)
        return passed_on(arm_factory.start_environment(self._arm, environment, deadline_s=DEADLINE_S))

    @answering
    def stop(self, request: func.HttpRequest) -> func.HttpResponse:
        """Stop the environment; after a 202 its `state` tells how it goes on."""
        environment = self._actable(request)
        return passed_on(arm_factory.stop_environment(self._arm, environment, deadline_s=DEADLINE_S))

    def _send(self, put: Put, warnings: Sequence[SpecWarning]) -> func.HttpResponse:
        _log(put.environment, warnings)
        answer = arm_factory.put_environment(
            self._arm,
            put.environment,
            put.spec,
            deadline_s=DEADLINE_S,
            if_match=put.if_match,
            if_none_match=put.if_none_match,
        )
        return passed_on(answer, warnings_header(warnings))

    def _environment(self, request: func.HttpRequest) -> EnvironmentId:
        return self._named(request, query_of(request, "factory"))

    def _named(self, request: func.HttpRequest, query: Mapping[str, str]) -> EnvironmentId:
        factory = picked(query.get("factory"), self._factories)
        try:
            return EnvironmentId(factory, request.route_params.get("name", ""))
        except ValueError as error:
            errors = [{"path": "{name}", "message": str(error)}]
            raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "the name is not legal", errors=errors) from None

    def _actable(self, request: func.HttpRequest) -> EnvironmentId:
        """Return the environment unless a runtime of another type has its name; where there is none, ARM says so."""
        environment = self._environment(request)
        self._existing(environment)
        return environment

    def _existing(self, environment: EnvironmentId) -> ArmAnswer | None:
        try:
            return _airflow(arm_factory.get_environment(self._arm, environment, deadline_s=DEADLINE_S))
        except ArmRefusal as refusal:
            if refusal.status != HTTPStatus.NOT_FOUND:
                raise
            return None


def _airflow(runtime: ArmAnswer) -> ArmAnswer:
    """Return the answer if it shows an Airflow environment; raise a Problem (404) if it shows anything else."""
    if not is_airflow(runtime.json()):
        message = "no Airflow environment has this name, but an integration runtime of another type has it"
        raise Problem(HTTPStatus.NOT_FOUND, message, code="NotAirflow")
    return runtime


def _log(environment: EnvironmentId, warnings: Sequence[SpecWarning]) -> None:
    """Note where a spec has something to look at: paths only, as JSON so that no key of a caller's breaks the line."""
    if warnings:
        paths = json.dumps([warning.path for warning in warnings[:_LOGGED]])
        log.warning("the spec of %s has %d warnings: %s", environment.name, len(warnings), paths)
