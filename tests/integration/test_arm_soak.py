"""Many calls of every kind while ARM misbehaves in every way that the emulator knows.

`ARM_SOAK_CALLS` says how many (default 300); the seed of the faults is printed, and `ARM_SOAK_SEED` repeats a run.
"""

import collections
import logging
import os
import random
import time
import traceback
from collections.abc import Callable
from typing import Any

import pytest
import requests

from shared.adf.names import EnvironmentId, FactoryId
from shared.adf.sync_request import SyncRequest
from shared.arm import factory
from shared.errors import ServiceError
from shared.rest.caller import RestCaller
from shared.rest.urls import Service

# Read when the module is imported: the tests themselves see no ARM_… of the caller's.
CALLS = int(os.environ.get("ARM_SOAK_CALLS", "300"))
SEED = int(os.environ.get("ARM_SOAK_SEED", "1"))

FACTORY = FactoryId("12345678-1234-1234-1234-123456789012", "example-rg", "example-adf")
ENVIRONMENT = EnvironmentId(FACTORY, "soaked")
SPEC = {"properties": {"type": "Airflow", "typeProperties": {"airflowProperties": {"password": "canary-password"}}}}
SYNC = SyncRequest(
    integration_runtime_name="sample-2", linked_service_name="AzureBlobStorage1", storage_folder_path="files/airflow"
)
ERROR = {"code": "Some", "message": "words", "details": None}
STATUSES = [200, 202, 204, 304, 307, 400, 401, 403, 404, 408, 409, 412, 418, 429, 500, 501, 502, 503, 504, 599]
BODIES = [None, "", "<html>", "{", "\x00", [], [1], {"error": ERROR}, {"error": {"details": [{"error": ERROR}]}}, ERROR]
HEADERS = [
    {},
    {"Retry-After": "1"},
    {"Retry-After": "soon"},
    {"Retry-After": "86401"},
    {"retry-after-ms": "-5"},
    {"Location": "http://["},
    {"Content-Encoding": "gzip"},
    {"WWW-Authenticate": 'Bearer claims="e30="'},
    {"x-ms-ratelimit-remaining-subscription-writes": "0"},
    {"Content-Type": "text/plain; charset=nonsense"},
]


class _Credential:
    """The emulator's identity, whose tokens the test can look for."""

    def __init__(self, emulator: str) -> None:
        self._emulator = emulator
        self.token = ""

    def get_token(self, *_: str, **__: str) -> "_Credential":
        answer = requests.get(
            f"{self._emulator}/_emulator/identity/token",
            params={"api-version": "2019-08-01", "resource": "https://management.azure.com"},
            headers={"X-IDENTITY-HEADER": "local-stack"},
            timeout=10,
        )
        self.token = answer.json()["access_token"]
        return self


class _Clock:
    """The monotonic clock, which a wait puts forward at once: turns that are 8 s apart would take minutes."""

    def __init__(self) -> None:
        self._waited = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self._waited

    def sleep(self, seconds: float) -> None:
        self._waited += seconds


def fault(chance: random.Random) -> dict[str, Any]:
    kinds: list[dict[str, Any]] = [
        {"status": chance.choice(STATUSES), "body": chance.choice(BODIES), "headers": chance.choice(HEADERS)},
        {"status": chance.choice(STATUSES), "headers": chance.choice(HEADERS)},
        {"reset": chance.choice(["before", "after"])},
        {"truncate_body_at": chance.randrange(50)},
        {"slow_body_s": 0.02},
        {"headers": chance.choice(HEADERS)},
    ]
    return {"match": {}, "times": chance.randint(1, 3), "answer": chance.choice(kinds)}


OPERATIONS: list[Callable[[RestCaller], object]] = [
    lambda arm: factory.put_environment(arm, ENVIRONMENT, SPEC, deadline_s=30),
    lambda arm: factory.put_environment(arm, ENVIRONMENT, SPEC, deadline_s=30, if_match="*"),
    lambda arm: factory.get_environment(arm, ENVIRONMENT, deadline_s=30),
    lambda arm: factory.list_environments(arm, FACTORY, deadline_s=30),
    lambda arm: factory.state_of(factory.get_environment(arm, ENVIRONMENT, deadline_s=30)),
    lambda arm: factory.start_environment(arm, ENVIRONMENT, deadline_s=30),
    lambda arm: factory.stop_environment(arm, ENVIRONMENT, deadline_s=30),
    lambda arm: factory.region_of(arm, FACTORY, deadline_s=30),
    lambda arm: factory.sync(arm, FACTORY, SYNC, deadline_s=30),
    lambda arm: factory.delete_environment(arm, ENVIRONMENT, deadline_s=30),
]


def test_whatever_arm_does_a_call_returns_or_raises_ours_and_tells_no_token(
    emulator: str,
    cloud: Service,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    chance = random.Random(SEED)  # noqa: S311 - faults, not secrets
    requests.post(f"{emulator}/_emulator/settings", json={"throttle": False}, timeout=10).raise_for_status()
    credential, clock, outcomes = _Credential(emulator), _Clock(), collections.Counter[str]()
    arm, told = RestCaller(cloud, credential, clock=clock, sleep=clock.sleep, jitter=chance.random), []
    for _ in range(CALLS):
        requests.post(f"{emulator}/_emulator/faults", json=fault(chance), timeout=10).raise_for_status()
        try:
            chance.choice(OPERATIONS)(arm)
            outcomes["answered"] += 1
        except ServiceError as error:
            outcomes[type(error).__name__] += 1
            told += traceback.format_exception(error)
    with capsys.disabled():
        print(f"\n{CALLS} calls with seed {SEED}: {dict(outcomes)}")  # noqa: T201 - the count is asked for
    assert set(outcomes) == {"answered", "ServiceRefusal", "ServiceUnavailable", "UnexpectedAnswer"}
    everything = "".join([*told, caplog.text])
    assert credential.token
    assert credential.token not in everything
    assert "canary-password" not in everything
