"""A real Prometheus, configured as the project does it, watches a running stack and answers what the dashboard asks."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import pytest
import requests
import yaml

from local.app_settings import ROOT
from local.ports import LOOPBACK, free_ports
from local.processes import Child
from shared.telemetry import catalogue
from tests.e2e.conftest import Running, running_stack
from tests.waiting import until

CONFIGURATION = ROOT / "infra/prometheus"
PROMTOOL = shutil.which("promtool") or "promtool"
BLACKBOX = "prometheus-blackbox-exporter"
DASHBOARD = json.loads((CONFIGURATION / "dashboard.json").read_text())
QUERIES = [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]

pytestmark = [
    pytest.mark.skipif(
        shutil.which("prometheus") is None, reason="no Prometheus here: the Debian package `prometheus` has it"
    ),
    pytest.mark.timeout(900),
]


@pytest.fixture(scope="module")
def stack() -> Iterator[Running]:
    with running_stack("--enable-auth", RELAY_QUIET_SECONDS="1") as (running, _):
        running.container.create_container()
        before = running.observer.look()
        running.upload("dags/watched.py")
        running.settle(before)
        yield running


class Prometheus:
    """The server, asked over its own API."""

    def __init__(self, port: int) -> None:
        self._url = f"http://{LOOPBACK}:{port}/api/v1"
        self._ready_url = f"http://{LOOPBACK}:{port}/-/ready"

    def is_ready(self) -> bool:
        """Whether it has read what it keeps: before that it listens, but refuses to answer."""
        try:
            return requests.get(self._ready_url, timeout=60).status_code == HTTPStatus.OK
        except requests.ConnectionError:
            return False

    def ask(self, query: str) -> list[dict[str, Any]]:
        """Return the series that answer the query."""
        answer = requests.get(f"{self._url}/query", params={"query": query}, timeout=60)
        assert answer.status_code == 200, answer.text
        result: list[dict[str, Any]] = answer.json()["data"]["result"]
        return result

    def is_up(self, job: str) -> bool:
        """Whether the job was scraped with success, twice at least, so that rates can be told."""
        return bool(self.ask(f'count_over_time(up{{job="{job}"}}[10m]) > 1 and up{{job="{job}"}} == 1'))

    def rules(self) -> dict[str, str]:
        """Return the health of each alert's rule, by its name."""
        groups = requests.get(f"{self._url}/rules", timeout=60).json()["data"]["groups"]
        return {rule["name"]: rule["health"] for group in groups for rule in group["rules"]}


def configuration(stack: Running, blackbox_port: int) -> dict[str, Any]:
    """Return the project's own, with the stack's address and keys in place of an app's in Azure."""
    found: dict[str, Any] = yaml.safe_load((CONFIGURATION / "prometheus.yml").read_text())
    found["global"]["scrape_interval"] = "2s"
    metrics, ready = found["scrape_configs"]
    key, host = stack.function_key(), stack.addresses.app.removeprefix("http://")
    metrics |= {"scheme": "http", "params": {"code": [key]}, "static_configs": [{"targets": [host]}]}
    ready["static_configs"] = [{"targets": [f"http://{host}/api/ready?code={key}"]}]
    ready["relabel_configs"][-1]["replacement"] = f"{LOOPBACK}:{blackbox_port}"
    return found


@pytest.fixture(scope="module")
def prometheus(stack: Running, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    folder = tmp_path_factory.mktemp("prometheus")
    port = free_ports(2)
    (folder / "prometheus.yml").write_text(yaml.safe_dump(configuration(stack, port + 1)))
    shutil.copy(CONFIGURATION / "alerts.yml", folder)
    commands = [
        [
            "prometheus",
            f"--config.file={folder}/prometheus.yml",
            f"--storage.tsdb.path={folder}/data",
            f"--web.listen-address={LOOPBACK}:{port}",
        ]
    ]
    if shutil.which(BLACKBOX):
        blackbox = [f"--config.file={CONFIGURATION}/blackbox.yml", f"--web.listen-address={LOOPBACK}:{port + 1}"]
        commands.append([BLACKBOX, *blackbox])
    children = [Child(command[0], command, env=os.environ, cwd=folder, log=sys.stderr) for command in commands]
    try:
        server = Prometheus(port)
        until(server.is_ready, "a server that answers", 120)
        for job in ("dag-relay", "dag-relay-ready")[: len(commands)]:
            until(lambda job=job: server.is_up(job), f"two scrapes of {job}", 120)  # type: ignore[misc]
        yield server
    finally:
        for child in children:
            child.stop()


def test_promtool_has_nothing_to_say_about_the_metrics(stack: Running) -> None:
    text = requests.get(
        f"{stack.addresses.app}/api/metrics", headers={"x-functions-key": stack.function_key()}, timeout=60
    ).text
    ran = subprocess.run([PROMTOOL, "check", "metrics"], input=text, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


def told(query: str) -> bool:
    """Whether the app tells what the query is about."""
    if "probe_success" in query:
        return shutil.which(BLACKBOX) is not None
    return any(metric.name in query for metric in catalogue.OF_ROUTES) or "relay_" not in query


@pytest.mark.parametrize("query", QUERIES)
def test_every_panel_is_answered(query: str, prometheus: Prometheus) -> None:
    answered = prometheus.ask(query.replace("$route", ".*"))
    assert answered or not told(query)


# They have no series where Airflow is not asked.
ASKED = (catalogue.IMPORT_ERRORS, catalogue.NOT_SEEN, catalogue.PARSED_SECONDS)


def test_every_metric_of_a_route_was_scraped(prometheus: Prometheus) -> None:
    asked_always = [metric for metric in catalogue.OF_ROUTES if metric not in ASKED]
    names = {metric.name if metric.kind != "histogram" else f"{metric.name}_count" for metric in asked_always}
    assert [name for name in names if not prometheus.ask(f'{name}{{route="default"}}')] == []


@pytest.mark.skipif(shutil.which(BLACKBOX) is None, reason=f"no {BLACKBOX} here; it is a Debian package of that name")
def test_the_blackbox_exporter_finds_the_app_ready(prometheus: Prometheus, stack: Running) -> None:
    (probe,) = prometheus.ask('probe_success{job="dag-relay-ready"}')
    assert probe["value"][1] == "1"
    # The key is in the target's address, so the label must not be that.
    assert probe["metric"]["instance"] == stack.addresses.app.removeprefix("http://")


def test_every_alert_can_be_evaluated(prometheus: Prometheus) -> None:
    def evaluated() -> dict[str, str]:
        health = prometheus.rules()
        return health if "unknown" not in health.values() else {}

    assert set(until(evaluated, "the alerts' first evaluation", 150).values()) == {"ok"}


def test_an_app_that_is_well_raises_no_alert(prometheus: Prometheus) -> None:
    assert prometheus.ask('ALERTS{alertstate="firing"}') == []
