"""What is there: an Airflow environment, nothing, or an integration runtime of another type, which is not ours."""

from http import HTTPStatus

from shared.adf.environment import is_airflow
from shared.adf.names import EnvironmentId
from shared.api.problem import Problem
from shared.arm import factory as arm_factory
from shared.arm.answers import ArmAnswer
from shared.arm.caller import ArmCaller
from shared.arm.deadline import Deadline
from shared.errors import ArmRefusal


def shown(arm: ArmCaller, environment: EnvironmentId, deadline: Deadline) -> ArmAnswer:
    """Return ARM's answer that shows the environment; raise ArmError, or a Problem (404) if it is no environment."""
    answer = arm_factory.get_environment(arm, environment, deadline_s=deadline.left_s)
    if not is_airflow(answer.json()):
        message = "no Airflow environment has this name, but an integration runtime of another type has it"
        raise Problem(HTTPStatus.NOT_FOUND, message, code="NotAirflow")
    return answer


def found(arm: ArmCaller, environment: EnvironmentId, deadline: Deadline) -> ArmAnswer | None:
    """Return the same, or None where there is nothing of this name."""
    try:
        return shown(arm, environment, deadline)
    except ArmRefusal as refusal:
        if refusal.status != HTTPStatus.NOT_FOUND:
            raise
        return None
