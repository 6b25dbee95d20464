"""What all layers share: no test sees the caller's settings."""

import os

import pytest

_OURS = ("RELAY_", "AZURE_", "ARM_", "IDENTITY_", "MSI_", "AzureWebJobs")


@pytest.fixture(autouse=True)
def clear_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith(_OURS):
            monkeypatch.delenv(name)
