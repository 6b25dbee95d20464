"""The emulated Fabric in its process, with a token, and Microsoft's generated client pointed at it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import fabric_cicd
import pytest
import requests
from azure.core.credentials import AccessToken
from azure.core.pipeline import PipelineRequest
from azure.core.pipeline.policies import SansIOHTTPPolicy
from microsoft_fabric_api.extensions.apacheairflowjob import FabricApacheAirflowJobClient

from shared.storage.connections import credential

Held = Callable[..., dict[str, tuple[int, str]]]
Settings = Callable[..., None]
PublishFolder = Callable[[Path], None]
SCOPE = "https://api.fabric.microsoft.com/.default"
WORKSPACE = "11111111-1111-1111-1111-111111111111"
JOB = "22222222-2222-2222-2222-222222222222"


class Bearer(SansIOHTTPPolicy[Any, Any]):
    """Sends the token; the stock policy refuses plain http."""

    def __init__(self, token: AccessToken) -> None:
        self._value = f"Bearer {token.token}"

    def on_request(self, request: PipelineRequest[Any]) -> None:
        request.http_request.headers["Authorization"] = self._value


class Credential:
    """What fabric-cicd asks for a token."""

    def __init__(self, token: AccessToken) -> None:
        self._token = token

    def get_token(self, *_scopes: str, **_options: object) -> AccessToken:
        return self._token


@pytest.fixture
def token(emulator: str) -> AccessToken:
    """A token for Fabric by the unmodified managed identity of the emulator's seeded state."""
    assert emulator
    return credential().get_token(SCOPE)


@pytest.fixture
def client(emulator: str, token: AccessToken) -> Iterator[Any]:
    with FabricApacheAirflowJobClient(
        credential(), f"{emulator}/", authentication_policy=Bearer(token), retry_total=0
    ) as made:
        yield made


@pytest.fixture
def session(token: AccessToken) -> Iterator[requests.Session]:
    with requests.Session() as made:
        made.headers["Authorization"] = f"Bearer {token.token}"
        made.params = {"beta": "true"}
        yield made


@pytest.fixture
def workspace(emulator: str) -> str:
    """Where the workspace is."""
    return f"{emulator}/v1/workspaces/{WORKSPACE}"


@pytest.fixture
def job(workspace: str) -> str:
    """Where the seeded job is."""
    return f"{workspace}/apacheAirflowJobs/{JOB}"


@pytest.fixture
def settings(emulator: str) -> Settings:
    """Change settings of the emulator."""

    def change(**values: object) -> None:
        requests.post(f"{emulator}/_emulator/settings", json=values, timeout=10).raise_for_status()

    return change


@pytest.fixture
def held(emulator: str) -> Held:
    """Return what a job really holds, by the emulator's own word: path -> size, MD5."""

    def look(job: str = JOB) -> dict[str, tuple[int, str]]:
        files = requests.get(f"{emulator}/_emulator/fabric/jobs/{job}/files", timeout=10).json()
        return {file["path"]: (file["size"], file["md5"]) for file in files}

    return look


@pytest.fixture
def publish_folder(emulator: str, token: AccessToken, monkeypatch: pytest.MonkeyPatch) -> PublishFolder:
    """Publish the jobs that lie in a folder; fabric-cicd's settings of these names take Microsoft's hosts only."""
    monkeypatch.setattr("fabric_cicd.constants.DEFAULT_API_ROOT_URL", emulator)
    monkeypatch.setattr("fabric_cicd.constants.FABRIC_API_ROOT_URL", emulator)
    monkeypatch.setenv("FABRIC_CICD_RETRY_DELAY_OVERRIDE_SECONDS", "0")

    def publish(folder: Path) -> None:
        target = fabric_cicd.FabricWorkspace(
            workspace_id=WORKSPACE,
            repository_directory=str(folder),
            item_type_in_scope=["ApacheAirflowJob"],
            token_credential=Credential(token),
        )
        fabric_cicd.publish_all_items(target)

    return publish
