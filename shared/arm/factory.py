"""The Data Factory operations that the relay makes.

Sources: Microsoft's REST page ("Create a new environment", "Import DAGs"), and Data Factory's REST specification for
the rest, where an environment is an integration runtime. All take the seconds that they may last, and raise as
`RestCaller.call` does.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from shared.adf.names import EnvironmentId, FactoryId
from shared.adf.sync_request import SyncRequest
from shared.arm.clouds import resource_url
from shared.errors import ServiceError, ServiceRefusal
from shared.rest.answers import RestAnswer, is_empty_or_json
from shared.rest.call import RestCall
from shared.rest.caller import RestCaller
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
    call = RestCall(
        "put environment", "PUT", resource_url(*environment.segments), spec, headers, expects=_shows_runtime
    )
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
    call = RestCall("get environment", "GET", resource_url(*environment.segments), expects=_shows_runtime)
    return caller.call(call, deadline_s=deadline_s)


def state_of(environment: RestAnswer) -> str | None:
    """Return the state in an answer of `get_environment`, like `Started`, or None; the list of states is open."""
    state = _section(environment.json(), "properties").get("state")
    return state if isinstance(state, str) else None


def airflow_of(environment: RestAnswer) -> dict[str, Any]:
    """Return the `airflowProperties` in an answer of `get_environment`, empty where there are none."""
    return _section(environment.json(), "properties", "typeProperties", "airflowProperties")


def incarnation_of(environment: RestAnswer) -> str | None:
    """Return what tells an environment from a later one of its name: when it was made, else its ETag."""
    body = environment.json()
    created = _section(body, "properties", "typeProperties").get("createTime")
    found = created or _section(body).get("etag")
    return found if isinstance(found, str) else None


def _section(body: object, *path: str) -> dict[str, Any]:
    for key in path:
        body = body.get(key) if isinstance(body, dict) else None
    return body if isinstance(body, dict) else {}


def etag_of(environment: RestAnswer) -> str | None:
    """Return the ETag in an answer of `get_environment`, None where Data Factory shows none."""
    body = environment.json()
    etag = body.get("etag") if isinstance(body, dict) else None
    return etag if isinstance(etag, str) and etag else None


def list_environments(caller: RestCaller, factory: FactoryId, *, deadline_s: float) -> list[dict[str, Any]]:
    """Return a factory's integration runtimes of any type; raise ServiceRefusal if a page links to another host."""
    ends = caller.clock() + deadline_s
    found: list[dict[str, Any]] = []
    url: Url | None = resource_url(*factory.segments, "integrationRuntimes")
    while url is not None:
        call = RestCall("list environments", "GET", url, expects=_shows_page)
        page = caller.call(call, deadline_s=ends - caller.clock()).json()
        found += _resources(page)
        url = _next_page(caller, page)
    return found


def delete_environment(caller: RestCaller, environment: EnvironmentId, *, deadline_s: float) -> RestAnswer:
    """Delete an environment; 204 means that there was none, which a repetition also gets."""
    call = RestCall("delete environment", "DELETE", resource_url(*environment.segments), expects=_is_deleted)
    return caller.call(call, deadline_s=deadline_s)


def start_environment(caller: RestCaller, environment: EnvironmentId, *, deadline_s: float) -> RestAnswer:
    """Start an environment; the answer is followed with `shared.arm.operations`."""
    return _act(caller, environment, "start", deadline_s)


def stop_environment(caller: RestCaller, environment: EnvironmentId, *, deadline_s: float) -> RestAnswer:
    """Stop an environment; the answer is followed with `shared.arm.operations`."""
    return _act(caller, environment, "stop", deadline_s)


def region_of(caller: RestCaller, factory: FactoryId, *, deadline_s: float) -> str | None:
    """Return the region of a factory, None where ARM does not say: our role may not cover the factory itself."""
    call = RestCall("get factory", "GET", resource_url(*factory.segments), expects=_shows_resource)
    try:
        body = caller.call(call, deadline_s=deadline_s).json()
    except ServiceError:
        return None
    region = body.get("location") if isinstance(body, dict) else None
    return region if isinstance(region, str) else None


def sync(
    caller: RestCaller, factory: FactoryId, request: SyncRequest, *, deadline_s: float, settle_s: float = 0.0
) -> RestAnswer:
    """Make ADF import the folder; it answers 200 or 202 before the import has finished.

    After an attempt that may have started an import, `settle_s` seconds pass before the next, so that the two do not
    overlap.
    """
    return caller.call(sync_call(factory, request, settle_s=settle_s), deadline_s=deadline_s)


def sync_call(factory: FactoryId, request: SyncRequest, *, settle_s: float = 0.0) -> RestCall:
    """Return the call that `sync` makes."""
    url = resource_url(*factory.segments, "airflow", "sync")
    return RestCall("airflow/sync", "POST", url, request.wire(), settle_s=settle_s, expects=_is_accepted)


def _act(caller: RestCaller, environment: EnvironmentId, action: str, deadline_s: float) -> RestAnswer:
    url = resource_url(*environment.segments, action)
    return caller.call(RestCall(f"{action} environment", "POST", url, expects=_is_accepted), deadline_s=deadline_s)


# What the operations document (the REST page; Data Factory's specification). 201 is ARM's own for a PUT that creates.
_OK, _CREATED, _ACCEPTED, _NO_CONTENT = 200, 201, 202, 204


def _shows_resource(answer: RestAnswer) -> bool:
    return isinstance(_shown_properties(answer), dict)


def _shows_runtime(answer: RestAnswer) -> bool:
    """Whether it tells the type of the runtime, which makes it an Airflow environment or something else."""
    properties = _shown_properties(answer)
    return isinstance(properties, dict) and isinstance(properties.get("type"), str)


def _shown_properties(answer: RestAnswer) -> object:
    body = answer.json() if answer.status in {_OK, _CREATED} else None
    return body.get("properties") if isinstance(body, dict) else None


def _shows_page(answer: RestAnswer) -> bool:
    body = answer.json()
    return answer.status == _OK and isinstance(body, dict) and isinstance(body.get("value"), list)


def _is_accepted(answer: RestAnswer) -> bool:
    return answer.status in {_OK, _ACCEPTED} and is_empty_or_json(answer)


def _is_deleted(answer: RestAnswer) -> bool:
    return answer.status in {_OK, _ACCEPTED, _NO_CONTENT} and is_empty_or_json(answer)


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


# What Data Factory takes and does not show again (the REST page's sample answer and its Git sync property table).
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
