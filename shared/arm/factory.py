"""The Data Factory operations that the relay makes.

Sources: the seed ("Create a new environment", "Import DAGs"), and Data Factory's REST specification for the rest, where
an environment is an integration runtime. All take the seconds that they may last, and raise as `ArmCaller.call` does.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from shared.adf.names import EnvironmentId, FactoryId
from shared.adf.sync import SyncRequest
from shared.arm.answers import ArmAnswer
from shared.arm.call import ArmCall
from shared.arm.caller import ArmCaller
from shared.arm.read_back import holds
from shared.arm.urls import ArmUrl
from shared.errors import ArmRefusal

_PRECONDITION_FAILED = 412


def put_environment(  # noqa: PLR0913 - the conditions are optional
    caller: ArmCaller,
    environment: EnvironmentId,
    spec: Mapping[str, object],
    *,
    deadline_s: float,
    if_match: str | None = None,
    if_none_match: str | None = None,
) -> ArmAnswer:
    """Create or update an Airflow environment with the spec as it stands.

    With a condition, a PUT that succeeded unseen makes its own repetition fail with 412. Then the environment is read
    back, and if it holds what was sent, that answer is returned.
    """
    conditions = {"If-Match": if_match, "If-None-Match": if_none_match}
    headers = {name: etag for name, etag in conditions.items() if etag is not None}
    call = ArmCall("put environment", "PUT", ArmUrl.to(*environment.segments), spec, headers)
    ends = caller.clock() + deadline_s
    try:
        return caller.call(call, deadline_s=deadline_s)
    except ArmRefusal as refusal:
        if not (refusal.status == _PRECONDITION_FAILED and refusal.may_have_acted):
            raise
        found = get_environment(caller, environment, deadline_s=ends - caller.clock())
        if not holds(found.json(), spec):
            raise
        return found


def get_environment(caller: ArmCaller, environment: EnvironmentId, *, deadline_s: float) -> ArmAnswer:
    """Read an environment; its `etag` is in the body."""
    return caller.call(ArmCall("get environment", "GET", ArmUrl.to(*environment.segments)), deadline_s=deadline_s)


def state_of(environment: ArmAnswer) -> str | None:
    """Return the state in an answer of `get_environment`, like `Started`, or None; the list of states is open."""
    body = environment.json()
    properties = body.get("properties") if isinstance(body, dict) else None
    state = properties.get("state") if isinstance(properties, dict) else None
    return state if isinstance(state, str) else None


def list_environments(caller: ArmCaller, factory: FactoryId, *, deadline_s: float) -> list[dict[str, Any]]:
    """Return a factory's integration runtimes of any type; raise ArmRefusal if a page's link leads to another host."""
    ends = caller.clock() + deadline_s
    found: list[dict[str, Any]] = []
    url: ArmUrl | None = ArmUrl.to(*factory.segments, "integrationRuntimes")
    while url is not None:
        call = ArmCall("list environments", "GET", url)
        page = caller.call(call, deadline_s=ends - caller.clock()).json()
        found += _resources(page)
        url = _next_page(caller, page)
    return found


def delete_environment(caller: ArmCaller, environment: EnvironmentId, *, deadline_s: float) -> ArmAnswer:
    """Delete an environment; 204 says that there was none, which a repetition also meets."""
    return caller.call(ArmCall("delete environment", "DELETE", ArmUrl.to(*environment.segments)), deadline_s=deadline_s)


def start_environment(caller: ArmCaller, environment: EnvironmentId, *, deadline_s: float) -> ArmAnswer:
    """Start an environment; the answer is followed with `shared.arm.operations`."""
    return _act(caller, environment, "start", deadline_s)


def stop_environment(caller: ArmCaller, environment: EnvironmentId, *, deadline_s: float) -> ArmAnswer:
    """Stop an environment; the answer is followed with `shared.arm.operations`."""
    return _act(caller, environment, "stop", deadline_s)


def get_factory(caller: ArmCaller, factory: FactoryId, *, deadline_s: float) -> ArmAnswer:
    """Read the factory itself."""
    return caller.call(ArmCall("get factory", "GET", ArmUrl.to(*factory.segments)), deadline_s=deadline_s)


def sync(
    caller: ArmCaller, factory: FactoryId, request: SyncRequest, *, deadline_s: float, settle_s: float = 0.0
) -> ArmAnswer:
    """Make ADF import the folder; it answers before the import has finished, any 2xx means accepted.

    After an attempt that may have started an import, `settle_s` seconds pass before the next, so that the two do not
    overlap.
    """
    return caller.call(sync_call(factory, request, settle_s=settle_s), deadline_s=deadline_s)


def sync_call(factory: FactoryId, request: SyncRequest, *, settle_s: float = 0.0) -> ArmCall:
    """Return the call that `sync` makes."""
    url = ArmUrl.to(*factory.segments, "airflow", "sync")
    return ArmCall("airflow/sync", "POST", url, request.wire(), settle_s=settle_s)


def _act(caller: ArmCaller, environment: EnvironmentId, action: str, deadline_s: float) -> ArmAnswer:
    url = ArmUrl.to(*environment.segments, action)
    return caller.call(ArmCall(f"{action} environment", "POST", url), deadline_s=deadline_s)


def _resources(page: object) -> Iterator[dict[str, Any]]:
    resources = page.get("value") if isinstance(page, dict) else None
    return (resource for resource in resources or () if isinstance(resource, dict))


def _next_page(caller: ArmCaller, page: object) -> ArmUrl | None:
    link = page.get("nextLink") if isinstance(page, dict) else None
    if not (isinstance(link, str) and link):
        return None
    try:
        return ArmUrl.given(link, caller.cloud)
    except ValueError as error:
        raise ArmRefusal(str(error), code="ForeignUrl") from error
