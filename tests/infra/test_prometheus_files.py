"""Rules, scrape configuration and dashboard for Prometheus and Grafana, judged by Prometheus' own tool."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from local.app_settings import ROOT
from shared.telemetry import catalogue
from tests.infra.compiler import INFRA

FOLDER = INFRA / "prometheus"
ALERTS = [rule for group in yaml.safe_load((FOLDER / "alerts.yml").read_text())["groups"] for rule in group["rules"]]
DASHBOARD: dict[str, Any] = json.loads((FOLDER / "dashboard.json").read_text())
PANELS: list[dict[str, Any]] = DASHBOARD["panels"]

PROMTOOL = shutil.which("promtool") or "promtool"
needs_promtool = pytest.mark.skipif(
    shutil.which(PROMTOOL) is None, reason="no promtool here: the Debian package `prometheus` has it"
)


def metrics_in(query: str) -> set[str]:
    return {name.removesuffix("_bucket") for name in re.findall(r"\brelay_\w+", query)}


def anchors(document: Path) -> set[str]:
    """Return what a link into the document may end with, as GitHub makes it of a heading."""
    headings = re.findall(r"^#+ (.+)$", document.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@needs_promtool
@pytest.mark.parametrize(
    "command",
    [
        ("check", "rules", "alerts.yml"),
        ("check", "config", "prometheus.yml"),
        ("test", "rules", "alerts.test.yml"),
    ],
    ids=" ".join,
)
def test_promtool_is_content(command: tuple[str, ...]) -> None:
    ran = subprocess.run([PROMTOOL, *command], cwd=FOLDER, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr


@needs_promtool
def test_promtool_would_have_spoken(tmp_path: Path) -> None:
    shutil.copytree(FOLDER, tmp_path, dirs_exist_ok=True)
    rules = (tmp_path / "alerts.yml").read_text()
    (tmp_path / "alerts.yml").write_text(rules.replace("relay_failures_in_a_row >= 3", "relay_failures_in_a_row >= 4"))
    ran = subprocess.run(
        [PROMTOOL, "test", "rules", "alerts.test.yml"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert ran.returncode != 0
    assert "DagRelayFailing" in ran.stdout + ran.stderr


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: str(rule["alert"]))
def test_every_alert_names_what_it_is_about_and_its_runbook(rule: dict[str, Any]) -> None:
    about = "route" if "relay_" in rule["expr"] else "instance"
    assert f"{{{{ $labels.{about} }}}}" in rule["annotations"]["summary"]
    document, _, anchor = rule["annotations"]["runbook"].partition("#")
    assert anchor in anchors(ROOT / document)


def test_every_alert_is_tested_firing_and_quiet() -> None:
    tests = yaml.safe_load((FOLDER / "alerts.test.yml").read_text())["tests"]
    cases = [case for test in tests for case in test["alert_rule_test"]]
    names = {rule["alert"] for rule in ALERTS}
    assert {case["alertname"] for case in cases if case.get("exp_alerts")} == names
    assert {case["alertname"] for case in cases if not case.get("exp_alerts")} == names


def test_alerts_and_panels_look_at_metrics_that_every_instance_tells_alike() -> None:
    """What a process counts for itself is not to be seen from outside: a scrape meets one process of many."""
    queries = [rule["expr"] for rule in ALERTS]
    queries += [target["expr"] for panel in PANELS for target in panel["targets"]]
    used = {metric for query in queries for metric in metrics_in(query)}
    assert used <= {metric.name for metric in catalogue.OF_ROUTES}


def test_the_dashboard_can_be_narrowed_to_routes() -> None:
    names = [variable["name"] for variable in DASHBOARD["templating"]["list"]]
    assert names == ["datasource", "route"]
    assert len(PANELS) >= 8
    of_routes = [target["expr"] for panel in PANELS for target in panel["targets"] if "relay_" in target["expr"]]
    assert [query for query in of_routes if 'route=~"$route"' not in query] == []


def test_every_panel_says_what_it_shows_and_none_covers_another() -> None:
    assert all(panel["title"] and panel["description"] for panel in PANELS)
    places = [
        (x, y)
        for panel in PANELS
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]
    assert len(places) == len(set(places))
    assert max(x for x, _ in places) < 24
