"""A Fabric Apache Airflow job as a target: an operation that the relay takes further itself, look by look."""

from shared.errors import ServiceRefusal, ServiceUnavailable
from shared.folder.checks import Runtime
from shared.rest.caller import RestCaller
from shared.rest.deadline import Deadline
from shared.route import Route
from shared.targets import fabric_calls as calls
from shared.targets.fabric_look import LookOver, PushLook, PushState
from shared.targets.fabric_requirements import deploy
from shared.targets.fabric_send import Sender, told, wait_s
from shared.targets.fabric_verify import check_listings, read_back
from shared.targets.port import (
    Accepted,
    EnvironmentState,
    ImportFailed,
    ImportProgress,
    ImportSucceeded,
    StillRunning,
    Work,
)

# A stopped environment takes files as far as known: starter pools sleep most of the time.
_NOT_READY = frozenset({"starting", "stopping", "upgrading"})
AT_ONCE = 4
# What every job runs, as far as Microsoft says (docs: "Concepts"); what is installed in it is not known.
RUNTIME = Runtime(python="3.12", airflow="2.10.5")


class Fabric:
    """Pushes folders into jobs; `at_once` is how many files are in flight, with 1 all in the calling thread."""

    def __init__(self, caller: RestCaller, at_once: int = AT_ONCE) -> None:
        self._caller = caller
        self._at_once = at_once

    def environment_state(self, route: Route, *, deadline_s: float) -> EnvironmentState:
        """Return the state of the job's environment; raise ServiceRefusal (404) where there is no such job."""
        job, _ = route.fabric
        try:
            answer = calls.get_job_environment(self._caller, job, deadline_s=deadline_s)
        except ServiceRefusal as refusal:
            raise calls.explained(refusal) from refusal
        return EnvironmentState(
            answer.status, answer.request_id, calls.job_state_of(answer), RUNTIME, not_ready=_NOT_READY
        )

    def sync(self, route: Route, *, deadline_s: float) -> Accepted:  # noqa: ARG002 - the port
        """Begin a push, which needs no call: the plan is what the engine writes down."""
        return Accepted(None, None, PushState().model_dump_json())

    def poll(self, handle: str, work: Work, *, deadline_s: float) -> ImportProgress:
        """Take a push further for as long as there is time."""
        deadline = Deadline.after(deadline_s, self._caller.clock)
        look = PushLook(self._caller, work, deadline, PushState.model_validate_json(handle))
        try:
            self._go_on(look)
        except LookOver as over:
            return StillRunning(look.state.model_dump_json(), over.after_s, look.done())
        except ServiceUnavailable as error:
            return StillRunning(look.state.model_dump_json(), wait_s(error), look.done())
        except ServiceRefusal as refusal:
            why = calls.explained(refusal)
            return ImportFailed(why.code, why.message, look.done(), why.status, why.request_id)
        if look.state.refused:
            return ImportFailed("FilesRefused", told(look.state.refused), look.done())
        return ImportSucceeded(look.done())

    def _go_on(self, look: PushLook) -> None:
        """Send, check, deploy; a deployment that runs is all that is left."""
        if look.state.operation is None:
            Sender(look, self._at_once).send()
            check_listings(look)
            read_back(look)
        deploy(look)
