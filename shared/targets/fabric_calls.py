"""The calls of a Fabric Apache Airflow job that the relay makes; all raise as `RestCaller.call` does.

Source: the published REST specification of the job; files and environment are in beta. The caller for them makes one
attempt and renews a token that was refused, but never waits: how a push goes on is decided elsewhere.
"""

import time
from collections.abc import Callable
from urllib.parse import urlencode

from shared.errors import ServiceRefusal
from shared.fabric.listing import Listed, continuation_of, read_listing
from shared.fabric.names import FabricJob
from shared.rest.answers import RestAnswer
from shared.rest.call import RestCall
from shared.rest.caller import RestCaller
from shared.rest.limits import RetryBudget
from shared.rest.retry import RetryPolicy
from shared.rest.tokens import Credential
from shared.rest.urls import Service, Url
from shared.targets.fabric_service import FABRIC_VERSION

_NOT_FOUND = 404
_ABOUT_THE_JOB = frozenset({401, 403, 404})
_PRINCIPAL = "PrincipalTypeNotSupported"
_CAUSES = (
    "the usual causes are that the tenant does not let service principals call Fabric APIs, "
    "and that the app's identity is not a Contributor of the workspace"
)


def fabric_caller(
    service: Service,
    credential: Credential,
    *,
    trust_environment: bool = False,
    clock: Callable[[], float] = time.monotonic,
) -> RestCaller:
    """Return the caller of Fabric: no retries, since a push is taken up again by the next wake-up."""
    return RestCaller(
        service,
        credential,
        policy=RetryPolicy(attempts=2, waits_for_quota=False),
        budget=RetryBudget(level=0, capacity=0),
        clock=clock,
        trust_environment=trust_environment,
    )


def get_job_environment(caller: RestCaller, job: FabricJob, *, deadline_s: float) -> RestAnswer:
    """Read the state of a job's environment."""
    return caller.call(RestCall("get fabric environment", "GET", _url(job, "environment")), deadline_s=deadline_s)


def job_state_of(answer: RestAnswer) -> str | None:
    """Return the state in an answer of `get_job_environment`, like `Started`, or None; the list of states is open."""
    body = answer.json()
    state = body.get("status") if isinstance(body, dict) else None
    return state if isinstance(state, str) else None


def put_file(caller: RestCaller, job: FabricJob, path: str, content: bytes, *, deadline_s: float) -> RestAnswer:
    """Create a file or write over it."""
    return caller.call(RestCall("put file", "PUT", _file(job, path), content), deadline_s=deadline_s)


def get_file(caller: RestCaller, job: FabricJob, path: str, *, deadline_s: float) -> RestAnswer:
    """Read a file back; others saw a missing one answered with 500."""
    return caller.call(RestCall("get file", "GET", _file(job, path)), deadline_s=deadline_s)


def delete_file(caller: RestCaller, job: FabricJob, path: str, *, deadline_s: float) -> RestAnswer:
    """Delete a file; 404 where there is none."""
    return caller.call(RestCall("delete file", "DELETE", _file(job, path)), deadline_s=deadline_s)


def list_job_folder(caller: RestCaller, job: FabricJob, folder: str, *, deadline_s: float) -> Listed:
    """Return one folder of the job, all its pages; one that does not exist is empty."""
    ends = caller.clock() + deadline_s
    sizes: dict[str, int] = {}
    folders: list[str] = []
    url: Url | None = _url(job, "files", rootPath=folder)
    while url is not None:
        try:
            answer = caller.call(RestCall("list files", "GET", url), deadline_s=ends - caller.clock())
        except ServiceRefusal as refusal:
            if refusal.status != _NOT_FOUND:
                raise
            break
        page = answer.json()
        listed = read_listing(folder, page)
        sizes |= listed.sizes
        folders += listed.folders
        url = _next_page(caller, page)
    return Listed(sizes, tuple(folders))


def deploy_requirements(caller: RestCaller, job: FabricJob, text: bytes, *, deadline_s: float) -> RestAnswer:
    """Install requirements in the background; the environment has to be started."""
    url = _url(job, "environment", "deployRequirements")
    call = RestCall("deploy requirements", "POST", url, text, {"Content-Type": "text/plain; charset=utf-8"})
    return caller.call(call, deadline_s=deadline_s)


def get_operation(caller: RestCaller, link: str, *, deadline_s: float) -> RestAnswer:
    """Ask how an operation stands; raise ServiceRefusal for a link that leads elsewhere."""
    return caller.call(RestCall("get fabric operation", "GET", _given(caller, link)), deadline_s=deadline_s)


def _url(job: FabricJob, *names: str, **query: str) -> Url:
    return Url.to(FABRIC_VERSION, *job.segments, *names, query=urlencode({"beta": "true", **query}))


def _file(job: FabricJob, path: str) -> Url:
    """Return the URL of a file with plain slashes, the form that was seen to work live."""
    return _url(job, "files", *path.split("/"))


def _next_page(caller: RestCaller, page: object) -> Url | None:
    link = continuation_of(page)
    return None if link is None else _given(caller, link)


def _given(caller: RestCaller, link: str) -> Url:
    try:
        return Url.given(link, caller.service)
    except ValueError as error:
        raise ServiceRefusal(str(error), code="ForeignUrl") from error


def is_about_the_job(refusal: ServiceRefusal) -> bool:
    """Whether a refusal is about the job or our identity, and so about every file."""
    return refusal.status in _ABOUT_THE_JOB or refusal.code == _PRINCIPAL


def explained(refusal: ServiceRefusal) -> ServiceRefusal:
    """Add what is most likely the matter where Fabric does not let us in, or hides the job from us."""
    if not is_about_the_job(refusal):
        return refusal
    return ServiceRefusal(
        f"{refusal.message.rstrip('.')}; {_CAUSES}",
        code=refusal.code,
        status=refusal.status,
        request_id=refusal.request_id,
        details=refusal.details,
    )
