"""An app with two factories, and how a test talks to it about environments."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import requests

from local.app_settings import sample
from tests.e2e.conftest import Running, running_stack

CANARY = "canary-4711"
SAMPLE = sample()
FACTORY = SAMPLE["RELAY_FACTORY"]
SECOND_FACTORY = FACTORY.replace("example-adf", "second-adf")
ROUTE = {
    "environment": SAMPLE["RELAY_ENVIRONMENT"],
    "linked_service": SAMPLE["RELAY_LINKED_SERVICE"],
    "folder": SAMPLE["RELAY_FOLDER"],
}
ROUTES = [{"name": "first", **ROUTE}, {"name": "second", "factory": SECOND_FACTORY, **ROUTE}]
SPEC: dict[str, Any] = {
    "properties": {
        "type": "Airflow",
        "typeProperties": {
            "computeProperties": {"location": "East US", "computeSize": "Large", "extraNodes": 0},
            "airflowProperties": {
                "airflowVersion": "2.4.3",
                "airflowEnvironmentVariables": {"AZURE_CLIENT_SECRET": CANARY},
                "userName": "admin",
                "password": CANARY,
                "somethingNew": {"kept": [1, "2", None]},
            },
        },
    }
}


@contextmanager
def environments_stack() -> Iterator[Running]:
    with running_stack(RELAY_ROUTES=json.dumps(ROUTES)) as (running, _):
        yield running


def put(running: Running, content: bytes | str, name: str = "made-here", **headers: str) -> requests.Response:
    url = f"{running.addresses.app}/api/environments/{name}"
    return requests.put(url, data=content, headers={"Content-Type": "application/json"} | headers, timeout=60)


def ask(running: Running, method: str, path: str = "", body: object = None) -> requests.Response:
    return requests.request(method, f"{running.addresses.app}/api/environments{path}", json=body, timeout=60)


def script(running: Running, method: str, path: str, **answer: Any) -> None:  # noqa: ANN401 - JSON
    fault = {"match": {"method": method, "path_contains": path}, "times": 1, "answer": answer}
    requests.post(f"{running.addresses.arm}/_emulator/faults", json=fault, timeout=60).raise_for_status()


def calls_since(running: Running, count: int) -> list[tuple[str, str]]:
    """Return method and last part of the path of what was sent to ARM."""
    return [(call["method"], call["path"].rpartition("/")[2]) for call in running.journal()[count:]]
