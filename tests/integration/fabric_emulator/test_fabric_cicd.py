"""Microsoft's fabric-cicd publishes a folder into the emulator as it does into a workspace."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import fabric_cicd
import pytest
import requests
from azure.core.credentials import AccessToken

from tests.integration.fabric_emulator.conftest import WORKSPACE, Held, Settings

Publish = Callable[[dict[str, bytes]], None]

FILES = {"dags/a.py": b"a = 1\n", "dags/team/b.py": b"b = 2\n", "plugins/p.py": b"p = 3\n"}
CONTENT = {"properties": {"type": "Airflow", "typeProperties": {"airflowProperties": {"airflowVersion": "2.10.5"}}}}


class Credential:
    """What fabric-cicd asks for a token."""

    def __init__(self, token: AccessToken) -> None:
        self._token = token

    def get_token(self, *_scopes: str, **_options: object) -> AccessToken:
        return self._token


@contextmanager
def pointed_at(root: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Lead fabric-cicd to the loopback address; its settings of these names take Microsoft's hosts only."""
    with monkeypatch.context() as patch:
        patch.setattr("fabric_cicd.constants.DEFAULT_API_ROOT_URL", root)
        patch.setattr("fabric_cicd.constants.FABRIC_API_ROOT_URL", root)
        patch.setenv("FABRIC_CICD_RETRY_DELAY_OVERRIDE_SECONDS", "0")
        yield


@pytest.fixture
def publish(emulator: str, token: AccessToken, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Publish:
    """Publish a job with these files."""

    def published(files: dict[str, bytes]) -> None:
        write_job(tmp_path / "orders.ApacheAirflowJob", files)
        with pointed_at(emulator, monkeypatch):
            target = fabric_cicd.FabricWorkspace(
                workspace_id=WORKSPACE,
                repository_directory=str(tmp_path),
                item_type_in_scope=["ApacheAirflowJob"],
                token_credential=Credential(token),
            )
            fabric_cicd.publish_all_items(target)

    return published


def write_job(folder: Path, files: dict[str, bytes]) -> None:
    metadata = {"type": "ApacheAirflowJob", "displayName": "orders"}
    config = {"version": "2.0", "logicalId": "99999999-1111-2222-3333-444444444444"}
    parts = {
        ".platform": json.dumps({"metadata": metadata, "config": config}).encode(),
        "apacheairflowjob-content.json": json.dumps(CONTENT).encode(),
        **files,
    }
    for name, content in parts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


@pytest.fixture
def held_by_orders(emulator: str, session: requests.Session, held: Held) -> Callable[[], dict[str, int]]:
    def look() -> dict[str, int]:
        items = session.get(f"{emulator}/v1/workspaces/{WORKSPACE}/items", timeout=10).json()["value"]
        [key] = [item["id"] for item in items if item["displayName"] == "orders"]
        return {path: size for path, (size, _) in held(key).items()}

    return look


@pytest.mark.parametrize("long_running", [True, False])
def test_it_makes_a_job_and_updates_it(
    publish: Publish,
    held_by_orders: Callable[[], dict[str, int]],
    settings: Settings,
    *,
    long_running: bool,
) -> None:
    settings(fabric_long_running=long_running, provisioning_seconds=0)
    publish(FILES)
    assert held_by_orders() == {path: len(content) for path, content in FILES.items()}
    publish({"dags/a.py": b"a = 10\n"})
    assert held_by_orders() == {path: len(content) for path, content in FILES.items()} | {"dags/a.py": 7}


def test_it_waits_out_a_full_quota(
    emulator: str,
    publish: Publish,
    held_by_orders: Callable[[], dict[str, int]],
) -> None:
    answer = {"status": 429, "headers": {"Retry-After": "1"}, "body": {"errorCode": "RequestBlocked", "message": ""}}
    script = {"match": {"method": "POST", "path_contains": "/v1/"}, "times": 2, "answer": answer}
    requests.post(f"{emulator}/_emulator/faults", json=script, timeout=10).raise_for_status()
    publish(FILES)
    assert list(held_by_orders()) == sorted(FILES)
