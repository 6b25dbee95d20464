import json
import logging
from typing import Any

import azure.functions as func
import pytest

from local.app_settings import sample
from shared.adf.names import FactoryId
from shared.api.environments import EnvironmentApi
from shared.arm.answers import ArmAnswer
from shared.arm.call import ArmCall
from shared.arm.caller import ArmCaller

FACTORY = FactoryId.parse(sample()["RELAY_FACTORY"])
CANARY = "canary-4711"


class ScriptedArm(ArmCaller):
    """Answers with 200 and the same body whatever it is asked, and remembers what that was."""

    def __init__(self, body: object) -> None:
        self.clock = lambda: 0.0
        self.calls: list[ArmCall] = []
        self._body = body

    def call(self, call: ArmCall, *, deadline_s: float) -> ArmAnswer:
        assert 0 < deadline_s <= 60
        self.calls.append(call)
        return ArmAnswer(200, {}, json.dumps(self._body).encode())


def spec(**airflow: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    return {"properties": {"type": "Airflow", "typeProperties": {"airflowProperties": airflow}}}


def put(arm: ArmCaller, body: dict[str, Any], query: str = "") -> func.HttpResponse:
    request = func.HttpRequest(
        "PUT",
        f"https://app.example/api/environments/made-here{query}",
        headers={"Content-Type": "application/json"},
        route_params={"name": "made-here"},
        body=json.dumps(body).encode(),
    )
    return EnvironmentApi([FACTORY], arm).put(request)


def test_warnings_are_logged_by_their_paths_in_one_line_without_values(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        put(ScriptedArm({}), spec(airflowEnvironmentVariables={"A\nB_SECRET": CANARY}))
    (record,) = caplog.records
    assert "A\\nB_SECRET" in record.getMessage()
    assert "\n" not in record.getMessage()
    assert CANARY not in record.getMessage()
