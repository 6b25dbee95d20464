"""All ARM calls of a request share one budget of time."""

import json
from collections.abc import Callable
from typing import Any

import azure.functions as func
import pytest

from shared.api.environments.actions import EnvironmentActions
from shared.api.environments.reads import EnvironmentReads
from shared.api.environments.writes import EnvironmentWrites
from shared.rest.answers import RestAnswer
from shared.rest.call import RestCall
from shared.rest.deadline import Deadline
from tests.unit.test_environment_api import FACTORY, ScriptedArm, spec

Handler = Callable[[func.HttpRequest], Any]


class SlowArm(ScriptedArm):
    """Takes four seconds for each call, and remembers how long each might have lasted."""

    def __init__(self) -> None:
        located = spec(enableAADIntegration=True) | {"etag": "e1"}
        located["properties"]["typeProperties"]["computeProperties"] = {"location": "East US"}
        super().__init__(located)
        self.body = located
        self.now = 0.0
        self.clock = lambda: self.now
        self.allowed: list[tuple[str, float]] = []

    def call(self, call: RestCall, *, deadline_s: float) -> RestAnswer:
        self.allowed.append((call.method, deadline_s))
        self.now += 4
        return super().call(call, deadline_s=deadline_s)


def test_a_budget_runs_down_with_its_clock_and_never_below_nothing() -> None:
    now = [100.0]
    deadline = Deadline.after(9.0, lambda: now[0])
    now[0] = 104.0
    assert deadline.left_s == 5.0
    now[0] = 200.0
    assert deadline.left_s == 0.0


@pytest.mark.parametrize(
    ("handler", "allowed"),
    [
        (lambda arm: EnvironmentReads([FACTORY], arm).get, [("GET", 9)]),
        (lambda arm: EnvironmentActions([FACTORY], arm).delete, [("GET", 9), ("DELETE", 5)]),
        (lambda arm: EnvironmentActions([FACTORY], arm).start, [("GET", 9), ("POST", 5)]),
        (lambda arm: EnvironmentActions([FACTORY], arm).stop, [("GET", 9), ("POST", 5)]),
        (lambda arm: EnvironmentWrites([FACTORY], arm).put, [("PUT", 9)]),
        (lambda arm: EnvironmentWrites([FACTORY], arm).patch, [("GET", 9), ("PUT", 5)]),
    ],
)
def test_each_call_may_last_as_long_as_those_before_it_left(
    handler: Callable[[ScriptedArm], Handler], allowed: list[tuple[str, float]]
) -> None:
    arm = SlowArm()
    request = func.HttpRequest(
        "PUT",
        "https://app.example/api/environments/made-here",
        headers={"Content-Type": "application/json"},
        route_params={"name": "made-here"},
        body=json.dumps({"properties": arm.body["properties"]}).encode(),
    )
    handler(arm)(request)
    assert arm.allowed == allowed
