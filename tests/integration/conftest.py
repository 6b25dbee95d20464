"""Real parts for the app's edges: an Azurite for the whole run, the ARM emulator reset before each test."""

import os
import sys
from collections.abc import Iterator

import pytest
import requests
from azure.storage.blob import BlobServiceClient, ContainerClient
from azure.storage.queue import QueueServiceClient

from local.app_settings import ROOT, sample
from local.azurite import PORTS, Azurite
from local.ports import free_ports
from local.processes import Child
from shared.arm.clouds import arm_service
from shared.rest.urls import Service
from shared.storage.clock import note_date
from shared.storage.connections import credential


@pytest.fixture(scope="session")
def azurite() -> Iterator[Azurite]:
    azurite = Azurite(free_ports(PORTS))
    child = Child("Azurite", azurite.command(ROOT), env=os.environ, cwd=ROOT, log=sys.stderr)
    try:
        child.wait_until(azurite.answers)
        yield azurite
    finally:
        child.stop()


@pytest.fixture
def blobs(azurite: Azurite) -> Iterator[BlobServiceClient]:
    with BlobServiceClient.from_connection_string(
        azurite.connection_string, retry_total=0, raw_response_hook=note_date
    ) as service:
        _empty(service)
        yield service
        _empty(service)


def _empty(service: BlobServiceClient) -> None:
    for container in service.list_containers():
        service.delete_container(container.name)


@pytest.fixture
def container(blobs: BlobServiceClient) -> ContainerClient:
    return blobs.create_container("files")


@pytest.fixture
def queues(azurite: Azurite) -> Iterator[QueueServiceClient]:
    with QueueServiceClient.from_connection_string(azurite.connection_string, retry_total=0) as service:
        yield service
        for queue in service.list_queues():
            service.delete_queue(queue.name)


@pytest.fixture(scope="session")
def emulator_process(azurite: Azurite) -> Iterator[str]:
    command = [sys.executable, "-m", "local", "arm", "--port", "0"]
    storage = ["--storage-connection-string", azurite.connection_string]
    child = Child("ARM emulator", [*command, *storage], env=os.environ, cwd=ROOT, log=sys.stderr)
    try:
        yield child.ready_line()["arm"]
    finally:
        child.stop()


@pytest.fixture
def emulator(emulator_process: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Where the emulator is, in its seeded state; the process's identity is the emulator's."""
    requests.post(f"{emulator_process}/_emulator/reset", timeout=10).raise_for_status()
    monkeypatch.setenv("IDENTITY_ENDPOINT", f"{emulator_process}/_emulator/identity/token")
    monkeypatch.setenv("IDENTITY_HEADER", sample()["IDENTITY_HEADER"])
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", sample()["AZURE_TOKEN_CREDENTIALS"])
    credential.cache_clear()
    return emulator_process


@pytest.fixture
def cloud(emulator: str) -> Service:
    return arm_service(emulator, "https://management.azure.com/.default")
