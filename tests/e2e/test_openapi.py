"""The API's document held against the running stack, with function keys asked for as in Azure."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import requests

from local.app_settings import ROOT
from tests.e2e.conftest import CONTAINER, Running, running_stack

HOST_ID = "openapi"
CONFIG = ROOT / "tests/e2e/schemathesis.toml"
RUN = "from schemathesis.cli import schemathesis; schemathesis()"


@dataclass
class Keyed:
    """A running app and a key that opens it."""

    app: str
    key: str


@pytest.fixture(scope="module")
def keyed() -> Iterator[Keyed]:
    settings = {"RELAY_QUIET_SECONDS": "1", "RELAY_SETTLE_SECONDS": "1", "AzureFunctionsWebHost__hostid": HOST_ID}
    with running_stack("--enable-auth", **settings) as (running, _):
        running.container_named(CONTAINER).create_container()
        yield Keyed(running.addresses.app, made_key(running))


def made_key(running: Running) -> str:
    """Return the key that the host makes when it is first asked for one."""
    assert requests.get(f"{running.addresses.app}/api/docs", timeout=60).status_code == 401
    secrets = running.container_named("azure-webjobs-secrets").download_blob(f"{HOST_ID}/host.json").readall()
    key: str = json.loads(secrets)["functionKeys"][0]["value"]
    return key


@pytest.mark.timeout(1200)
def test_every_operation_does_what_the_document_says(keyed: Keyed) -> None:
    document, key = f"{keyed.app}/api/openapi.json", f"x-functions-key: {keyed.key}"
    command = [sys.executable, "-c", RUN, "--config-file", str(CONFIG), "run", document, "--header", key, "--no-color"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_the_page_passes_its_key_on_to_the_document(keyed: Keyed) -> None:
    page = requests.get(f"{keyed.app}/api/docs", params={"code": keyed.key}, timeout=60)
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert f'href="openapi.json?code={keyed.key}"' in page.text
    assert requests.get(f"{keyed.app}/api/openapi.json", params={"code": keyed.key}, timeout=60).ok
