"""`/api/environments`: creating and changing Airflow environments, by PUT, POST and PATCH."""

import json
import logging
from collections.abc import Mapping, Sequence
from urllib.parse import quote

import azure.functions as func

from shared.adf.diff import changes
from shared.adf.names import EnvironmentId, FactoryId
from shared.adf.warnings import SpecWarning, region_in, warnings_of
from shared.api.environments.conditions import version_of
from shared.api.environments.patch import Patch
from shared.api.environments.place import Place
from shared.api.environments.put import Put, accepted
from shared.api.environments.reads import ARM_SECONDS, find_environment, read_environment
from shared.api.problem import Problem
from shared.api.request import json_object
from shared.api.response import answering, json_answer, passed_on, warnings_header
from shared.arm import factory as arm_factory
from shared.rest.answers import RestAnswer
from shared.rest.caller import RestCaller
from shared.rest.deadline import Deadline

log = logging.getLogger(__name__)

UNCHANGED = "X-Relay-Unchanged"
_OPTIONS = ("dryRun", "ifChanged")
_LOGGED = 20
_REGION_S = 2.0
_LONGEST_LOGGED = 200


class EnvironmentWrites:
    """Writes into `factories` only. All ARM calls of a request share `arm_seconds`."""

    def __init__(self, factories: Sequence[FactoryId], arm: RestCaller, *, arm_seconds: float = ARM_SECONDS) -> None:
        self._factories = factories
        self._arm = arm
        self._arm_seconds = arm_seconds

    @answering
    def put(self, request: func.HttpRequest) -> func.HttpResponse:
        """Create or update the environment, or say what that would change (`dryRun`); not where nothing changes."""
        place, deadline = self._place(request), self._deadline()
        environment = place.named(request.route_params.get("name", ""))
        put = Put.read(request, place.query, accepted(json_object(request)), environment)
        return self._answer(put, self._look(put, deadline), deadline)

    @answering
    def post(self, request: func.HttpRequest) -> func.HttpResponse:
        """Do what a PUT does to the environment that the body names; the answer says where it is."""
        place, deadline = self._place(request), self._deadline()
        body = accepted(json_object(request))
        environment = place.named(_name_in(body), "name")
        put = Put.read(request, place.query, body, environment)
        answer = self._answer(put, self._look(put, deadline), deadline)
        if not put.dry_run:
            answer.headers["Location"] = _path_of(environment, place.query)
        return answer

    @answering
    def patch(self, request: func.HttpRequest) -> func.HttpResponse:
        """Change what the body names in the environment as it is; 412 if it is changed at the same time."""
        place, deadline = self._place(request), self._deadline()
        environment = place.named(request.route_params.get("name", ""))
        patch = Patch.read(request, place.query)
        existing = read_environment(self._arm, environment, deadline)
        return self._answer(patch.put(environment, existing), existing, deadline)

    def _look(self, put: Put, deadline: Deadline) -> RestAnswer | None:
        return find_environment(self._arm, put.environment, deadline) if put.looks_first else None

    def _answer(self, put: Put, existing: RestAnswer | None, deadline: Deadline) -> func.HttpResponse:
        """Send the PUT, or answer without where that is requested; `existing` is None where it was not read."""
        there = existing.json() if existing else None
        warnings = warnings_of(put.spec, there, self._factory_region(put, deadline))
        told = warnings_header(warnings)
        changed = changes(there, put.spec)
        if put.dry_run:
            put.conditions.check(version_of(existing))
            return json_answer(put.plan(changed, warnings).wire())
        if existing is not None and not put.sends(changed):
            return passed_on(existing, {UNCHANGED: "true", **told})
        _log(put.environment, warnings)
        return passed_on(self._sent(put, deadline), told)

    def _factory_region(self, put: Put, deadline: Deadline) -> str | None:
        """Return the region to compare with that of the spec. Only a dry run has the time to ask for it."""
        if not put.dry_run or region_in(put.spec) is None:
            return None
        within_s = min(_REGION_S, deadline.left_s)
        return arm_factory.region_of(self._arm, put.environment.factory, deadline_s=within_s)

    def _sent(self, put: Put, deadline: Deadline) -> RestAnswer:
        return arm_factory.put_environment(
            self._arm,
            put.environment,
            put.spec,
            deadline_s=deadline.left_s,
            if_match=put.conditions.headers.get("If-Match"),
            if_none_match=put.conditions.headers.get("If-None-Match"),
        )

    def _place(self, request: func.HttpRequest) -> Place:
        return Place.of(request, self._factories, *_OPTIONS)

    def _deadline(self) -> Deadline:
        return Deadline.after(self._arm_seconds, self._arm.clock)


def _name_in(body: Mapping[str, object]) -> str:
    name = body.get("name")
    if not isinstance(name, str):
        errors = [{"path": "name", "message": "expected the environment's name, since the path has none"}]
        raise Problem("InvalidName", "the body names no environment", errors)
    return name


def _path_of(environment: EnvironmentId, query: Mapping[str, str]) -> str:
    picked = f"?factory={quote(query['factory'], safe='')}" if "factory" in query else ""
    return f"/api/environments/{environment.name}{picked}"


def _log(environment: EnvironmentId, warnings: Sequence[SpecWarning]) -> None:
    """Log where a spec has warnings: paths only, as JSON so that no key of a caller breaks the line."""
    if warnings:
        paths = json.dumps([warning.path[:_LONGEST_LOGGED] for warning in warnings[:_LOGGED]])
        log.warning("the spec of %s has %d warnings: %s", environment.name, len(warnings), paths)
