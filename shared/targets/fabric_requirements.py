"""Requirements, for which a Fabric job has no place as a file: deployed after the files, or left to people."""

from shared.errors import ServiceRefusal
from shared.folder.manifest import File
from shared.rest.answers import RestAnswer, retry_after_s
from shared.rest.error_bodies import read_error
from shared.targets import fabric_calls as calls
from shared.targets.fabric_look import AGAIN_S, LookOver, PushLook

_CONFLICT = 409


def deploy(look: PushLook) -> None:
    """Deal with requirements that changed: deploy them, or leave that to people, as the route says.

    Raises LookOver while a deployment runs, and ServiceRefusal where it cannot begin or has failed.
    """
    _, options = look.work.route.fabric
    for name, file in look.work.wanted.items():
        if look.has_path(name):
            continue
        if options.requirements != "deploy" or _is_deployed(look, file):
            look.put[name] = file


def _is_deployed(look: PushLook, file: File) -> bool:
    """Begin the deployment, or ask how it stands; return once it has ended well, and whether it was of this version.

    Another version, also one that came before the bytes were read, is left to the next sync.
    """
    if look.state.operation is None:
        _begin(look, file)
    if look.state.operation is not None:
        _follow(look, look.state.operation)
    return look.state.deployed == file.content


def _follow(look: PushLook, link: str) -> None:
    answer = calls.get_operation(look.caller, link, deadline_s=look.deadline.left_s)
    status = _status(answer)
    if status == "failed":
        error = read_error(answer)
        raise ServiceRefusal(f"{error.code}: {error.message}", code="RequirementsFailed")
    if status != "succeeded":
        raise LookOver(retry_after_s(answer) or AGAIN_S)


def _status(answer: RestAnswer) -> str:
    body = answer.json()
    return str(body.get("status")).lower() if isinstance(body, dict) else ""


def _begin(look: PushLook, file: File) -> None:
    """Ask for the deployment, and remember the URL of the operation, if there is one to follow."""
    text = look.read(file)
    if text is None:
        return
    try:
        answer = calls.deploy_requirements(look.caller, look.job, text, deadline_s=look.deadline.left_s)
    except ServiceRefusal as refusal:
        if refusal.status != _CONFLICT:
            raise
        message = f"the requirements were not deployed, since the environment is not started: {refusal.message}"
        raise ServiceRefusal(message, code="RequirementsNotDeployed", status=_CONFLICT) from refusal
    look.remember(operation=answer.headers.get("Location"), deployed=file.content)
