"""The alerts of the template: queries that Kusto takes, on what the app logs, and on nothing that is sampled away."""

import ast
import json
import logging
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from local.app_settings import ROOT
from local.azurite import node
from shared.errors import ServiceRefusal
from tests.infra.compiler import Snapshot
from tests.infra.test_event_subscriptions import functions
from tests.unit.world import ROUTE, World

# The columns that are used, of Application Insights' tables; docs: azure-monitor/app/convert-classic-resource.
TABLES = {
    "requests": "(timestamp: datetime, name: string, url: string, success: string, resultCode: string)",
    "traces": "(timestamp: datetime, message: string, severityLevel: int)",
}
# What host.json calls the items of a table.
SAMPLED_AS = {"requests": "Request", "traces": "Trace"}
BROKEN = 'requests | where nam contains "on_sweep" | wher success'


@pytest.fixture(scope="module")
def alerts(one_route: Snapshot) -> dict[str, dict[str, Any]]:
    rules = one_route.of_type("Microsoft.Insights/scheduledQueryRules")
    return {rule["properties"]["displayName"].rpartition(": ")[2]: rule["properties"] for rule in rules}


@pytest.fixture(scope="module")
def queries(alerts: dict[str, dict[str, Any]]) -> dict[str, str]:
    return {name: rule["criteria"]["allOf"][0]["query"] for name, rule in alerts.items()}


def said_by_kusto(*queries: str) -> dict[str, list[str]]:
    asked = json.dumps({"tables": TABLES, "queries": queries})
    script = Path(__file__).with_name("kusto.js")
    ran = subprocess.run([node(), script], input=asked, capture_output=True, text=True, check=True)
    said: dict[str, list[str]] = json.loads(ran.stdout)
    return said


def test_kustos_own_parser_finds_nothing_wrong(queries: dict[str, str]) -> None:
    assert [line for lines in said_by_kusto(*queries.values()).values() for line in lines] == []
    assert len(queries) == 5


def test_kustos_parser_would_have_spoken() -> None:
    said = said_by_kusto(BROKEN)[BROKEN]
    assert any("'nam' does not refer to any known column" in line for line in said)
    assert any("Query operator expected" in line for line in said)


def logged() -> list[str]:
    """Return what the app logs as warnings and errors, before the values are put in."""
    sources = [ROOT / "function_app.py", *(ROOT / "shared").rglob("*.py")]
    calls = [one for path in sources for one in ast.walk(ast.parse(path.read_text())) if isinstance(one, ast.Call)]
    return [
        str(call.args[0].value)
        for call in calls
        if ast.unparse(call.func) in {"log.warning", "log.error"} and isinstance(call.args[0], ast.Constant)
    ]


@pytest.mark.parametrize(("rule", "lines"), [("not-ready", 1), ("failures-in-a-row", 2), ("poison", 1), ("silent", 0)])
def test_an_alert_looks_for_what_the_app_logs(rule: str, lines: int, queries: dict[str, str]) -> None:
    starts = re.findall(r'message startswith "([^"]+)"', queries[rule])
    assert len(starts) == lines
    assert [start for start in starts if not any(line.startswith(start) for line in logged())] == []


def looks_at_a_refused_route(world: World) -> None:
    world.answer = ServiceRefusal("no", code="AuthorizationFailed", status=403)
    world.worker.reconcile(ROUTE)
    world.worker.reconcile(ROUTE)


def looks_at_an_emptied_folder(world: World) -> None:
    world.worker.reconcile(ROUTE)
    world.at(400)
    world.worker.reconcile(ROUTE)


@pytest.mark.parametrize("looks", [looks_at_a_refused_route, looks_at_an_emptied_folder])
def test_each_look_that_finds_a_route_waiting_for_an_operator_counts_for_an_alert(
    looks: Callable[[World], None], queries: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    """Neither fails again and again: a hold never, and what ADF refused is tried once an hour."""
    caplog.set_level(logging.INFO)
    looks(World())
    starts = re.findall(r'message startswith "([^"]+)"', queries["needs-an-operator"])
    assert [line for line in caplog.messages if line.startswith(tuple(starts))]


def test_an_alert_names_functions_and_addresses_of_the_app(queries: dict[str, str]) -> None:
    text = " ".join(queries.values())
    assert set(re.findall(r'name contains "(\w+)"', text)) <= functions()
    assert set(re.findall(r'"(/api/\w+)"', text)) == {"/api/ready"}


def test_what_an_alert_counts_is_never_sampled_away(queries: dict[str, str]) -> None:
    host = json.loads((ROOT / "host.json").read_text())["logging"]
    excluded = set(host["applicationInsights"]["samplingSettings"]["excludedTypes"].split(";"))
    used = {table for table in TABLES if re.search(rf"\b{table} \|", " ".join(queries.values()))}
    assert used == TABLES.keys()
    assert {SAMPLED_AS[table] for table in used} <= excluded


def test_of_what_runs_once_an_event_the_host_logs_warnings_only() -> None:
    """Or a burst of 2,500 uploads would be some 5,000 lines of the host's; the app's own lines are logged as ever."""
    levels = json.loads((ROOT / "host.json").read_text())["logging"]["logLevel"]
    assert levels["default"] == "Information"
    assert {name for name, level in levels.items() if name.startswith("Function") and level == "Warning"} == {
        "Function.on_dag_blob",
        "Function.on_blob_deleted",
    }


def test_every_alert_has_a_row_in_the_document(alerts: dict[str, dict[str, Any]]) -> None:
    document = (ROOT / "docs/deploy.md").read_text()
    assert [name for name in alerts if f"\n| `{name}` | " not in document] == []


def test_people_are_told(alerts: dict[str, dict[str, Any]], one_route: Snapshot) -> None:
    (dead_letters,) = one_route.of_type("Microsoft.Insights/metricAlerts")
    assert all(rule["actions"]["actionGroups"] for rule in alerts.values())
    assert dead_letters["properties"]["actions"]
