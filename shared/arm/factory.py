"""The Data Factory operations that the relay makes.

Sources: the seed ("Create a new environment", "Import DAGs"), and Data Factory's REST specification for the rest, where
an environment is an integration runtime. All take the seconds that they may last, and raise as `RestCaller.call` does.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from shared.adf.names import EnvironmentId, FactoryId
from shared.adf.sync_request import SyncRequest
from shared.adf.warnings import region_in
from shared.arm.clouds import resource_url
from shared.errors import ServiceError, ServiceRefusal
from shared.rest.answers import RestAnswer
from shared.rest.call import RestCall
from shared.rest.caller import RestCaller
from shared.rest.deadline import Deadline
from shared.rest.urls import Url

_PRECONDITION_FAILED = 412


def put_environment(  # noqa: PLR0913 - the conditions are optional
    caller: RestCaller,
    environment: EnvironmentId,
    spec: Mapping[str, object],
    *,
    deadline_s: float,
    if_match: str | None = None,
    if_none_match: str | None = None,
) -> RestAnswer:
    """Create or update an Airflow environment with the spec as it stands.

    With a condition, a PUT that succeeded unseen makes its own repetition fail with 412. Then the environment is read
    back, and if it holds what was sent, that answer is returned.
    """
    conditions = {"If-Match": if_match, "If-None-Match": if_none_match}
    headers = {name: etag for name, etag in conditions.items() if etag is not None}
    call = RestCall("put environment", "PUT", resource_url(*environment.segments), spec, headers)
    ends = caller.clock() + deadline_s
    try:
        return caller.call(call, deadline_s=deadline_s)
    except ServiceRefusal as refusal:
        if not (refusal.status == _PRECONDITION_FAILED and refusal.may_have_acted):
            raise
        found = get_environment(caller, environment, deadline_s=ends - caller.clock())
        if not holds(found.json(), spec):
            raise
        return found


def get_environment(caller: RestCaller, environment: EnvironmentId, *, deadline_s: float) -> RestAnswer:
    """Read an environment; its `etag` is in the body."""
    return caller.call(RestCall("get environment", "GET", resource_url(*environment.segments)), deadline_s=deadline_s)


def state_of(environment: RestAnswer) -> str | None:
    """Return the state in an answer of `get_environment`, like `Started`, or None; the list of states is open."""
    body = environment.json()
    properties = body.get("properties") if isinstance(body, dict) else None
    state = properties.get("state") if isinstance(properties, dict) else None
    return state if isinstance(state, str) else None


def incarnation_of(environment: RestAnswer) -> str | None:
    """Return what tells an environment from a later one of its name: when it was made, else its ETag."""
    body = environment.json()
    members = body if isinstance(body, dict) else {}
    properties = members.get("properties")
    details = properties.get("typeProperties") if isinstance(properties, dict) else None
    created = details.get("createTime") if isinstance(details, dict) else None
    found = created or members.get("etag")
    return found if isinstance(found, str) else None


def list_environments(caller: RestCaller, factory: FactoryId, *, deadline_s: float) -> list[dict[str, Any]]:
    """Return a factory's integration runtimes of any type; raise ServiceRefusal if a page links to another host."""
    ends = caller.clock() + deadline_s
    found: list[dict[str, Any]] = []
    url: Url | None = resource_url(*factory.segments, "integrationRuntimes")
    while url is not None:
        call = RestCall("list environments", "GET", url)
        page = caller.call(call, deadline_s=ends - caller.clock()).json()
        found += _resources(page)
        url = _next_page(caller, page)
    return found


def delete_environment(caller: RestCaller, environment: EnvironmentId, *, deadline_s: float) -> RestAnswer:
    """Delete an environment; 204 says that there was none, which a repetition also meets."""
    return caller.call(
        RestCall("delete environment", "DELETE", resource_url(*environment.segments)), deadline_s=deadline_s
    )


def start_environment(caller: RestCaller, environment: EnvironmentId, *, deadline_s: float) -> RestAnswer:
    """Start an environment; the answer is followed with `shared.arm.operations`."""
    return _act(caller, environment, "start", deadline_s)


def stop_environment(caller: RestCaller, environment: EnvironmentId, *, deadline_s: float) -> RestAnswer:
    """Stop an environment; the answer is followed with `shared.arm.operations`."""
    return _act(caller, environment, "stop", deadline_s)


def get_factory(caller: RestCaller, factory: FactoryId, *, deadline_s: float) -> RestAnswer:
    """Read the factory itself."""
    return caller.call(RestCall("get factory", "GET", resource_url(*factory.segments)), deadline_s=deadline_s)


def sync(
    caller: RestCaller, factory: FactoryId, request: SyncRequest, *, deadline_s: float, settle_s: float = 0.0
) -> RestAnswer:
    """Make ADF import the folder; it answers before the import has finished, any 2xx means accepted.

    After an attempt that may have started an import, `settle_s` seconds pass before the next, so that the two do not
    overlap.
    """
    return caller.call(sync_call(factory, request, settle_s=settle_s), deadline_s=deadline_s)


def sync_call(factory: FactoryId, request: SyncRequest, *, settle_s: float = 0.0) -> RestCall:
    """Return the call that `sync` makes."""
    url = resource_url(*factory.segments, "airflow", "sync")
    return RestCall("airflow/sync", "POST", url, request.wire(), settle_s=settle_s)


def _act(caller: RestCaller, environment: EnvironmentId, action: str, deadline_s: float) -> RestAnswer:
    url = resource_url(*environment.segments, action)
    return caller.call(RestCall(f"{action} environment", "POST", url), deadline_s=deadline_s)


def _resources(page: object) -> Iterator[dict[str, Any]]:
    resources = page.get("value") if isinstance(page, dict) else None
    return (resource for resource in resources or () if isinstance(resource, dict))


def _next_page(caller: RestCaller, page: object) -> Url | None:
    link = page.get("nextLink") if isinstance(page, dict) else None
    if not (isinstance(link, str) and link):
        return None
    try:
        return Url.given(link, caller.service)
    except ValueError as error:
        raise ServiceRefusal(str(error), code="ForeignUrl") from error


# What Data Factory takes and does not show again (the seed's sample answer, and its Git sync property table).
_NOT_SHOWN = frozenset({"username", "password", "credential", "secrets", "encryptedsecrets"})


def holds(shown: Any, sent: Any) -> bool:  # noqa: ANN401 - any JSON values
    """Whether a resource has everything that a spec asks for; what the service adds does not count.

    Keys are compared without regard to case, nulls ask for nothing, and secrets cannot be compared.
    """
    if isinstance(sent, dict):
        members = {key.lower(): value for key, value in shown.items()} if isinstance(shown, dict) else {}
        return all(
            holds(members.get(key.lower()), value)
            for key, value in sent.items()
            if value is not None and key.lower() not in _NOT_SHOWN
        )
    return bool(shown == sent)


_MOST_S = 2.0
# Our role may not cover the factory itself, which would cost every PUT a call in vain.
_NOT_AGAIN_FOR_S = 300.0


class FactoryRegions:
    """What is known about the factories of one process, for a warning that is worth a moment and never a failure."""

    def __init__(self, arm: RestCaller) -> None:
        self._arm = arm
        self._known: dict[FactoryId, str] = {}
        self._failed_at: dict[FactoryId, float] = {}

    def beside(self, spec: Mapping[str, Any], factory: FactoryId, deadline: Deadline) -> str | None:
        """Return the factory's region to hold beside that of the spec, None where it has none or ARM does not say."""
        if region_in(spec) is None:
            return None
        if factory not in self._known and self._may_ask(factory):
            self._ask(factory, min(_MOST_S, deadline.left_s))
        return self._known.get(factory)

    def _may_ask(self, factory: FactoryId) -> bool:
        failed_at = self._failed_at.get(factory)
        return failed_at is None or self._arm.clock() - failed_at > _NOT_AGAIN_FOR_S

    def _ask(self, factory: FactoryId, within_s: float) -> None:
        try:
            body = get_factory(self._arm, factory, deadline_s=within_s).json()
        except ServiceError:
            body = None
        region = body.get("location") if isinstance(body, dict) else None
        if isinstance(region, str):
            self._known[factory] = region
        else:
            self._failed_at[factory] = self._arm.clock()
