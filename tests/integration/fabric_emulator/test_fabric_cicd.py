"""Microsoft's fabric-cicd publishes a folder into the emulator as it does into a workspace."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from tests.integration.fabric_emulator.conftest import WORKSPACE, Held, PublishFolder, Settings

Publish = Callable[[dict[str, bytes]], None]

FILES = {"dags/a.py": b"a = 1\n", "dags/team/b.py": b"b = 2\n", "plugins/p.py": b"p = 3\n"}
CONTENT = {"properties": {"type": "Airflow", "typeProperties": {"airflowProperties": {"airflowVersion": "2.10.5"}}}}


@pytest.fixture
def publish(publish_folder: PublishFolder, tmp_path: Path) -> Publish:
    """Publish a job with these files."""

    def published(files: dict[str, bytes]) -> None:
        write_job(tmp_path / "orders.ApacheAirflowJob", files)
        publish_folder(tmp_path)

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
