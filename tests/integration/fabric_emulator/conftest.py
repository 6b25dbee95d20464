"""The emulated Fabric in its process, with a token, and Microsoft's generated client pointed at it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from azure.core.credentials import AccessToken
from azure.core.pipeline import PipelineRequest
from azure.core.pipeline.policies import SansIOHTTPPolicy
from microsoft_fabric_api.extensions.apacheairflowjob import FabricApacheAirflowJobClient

from shared.storage.connections import credential

Held = Callable[..., dict[str, tuple[int, str]]]
Settings = Callable[..., None]
SCOPE = "https://api.fabric.microsoft.com/.default"
WORKSPACE = "11111111-1111-1111-1111-111111111111"
JOB = "22222222-2222-2222-2222-222222222222"


class Bearer(SansIOHTTPPolicy[Any, Any]):
    """Sends the token; the stock policy refuses plain http."""

    def __init__(self, token: AccessToken) -> None:
        self._value = f"Bearer {token.token}"

    def on_request(self, request: PipelineRequest[Any]) -> None:
        request.http_request.headers["Authorization"] = self._value


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
def job(emulator: str) -> str:
    """Where the seeded job is."""
    return f"{emulator}/v1/workspaces/{WORKSPACE}/apacheAirflowJobs/{JOB}"


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
