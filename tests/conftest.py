"""What all layers share: no test sees the caller's settings, and no test is left to chance."""

import os

import pytest
from hypothesis import settings

# The same examples on every run, and no deadline: a busy machine is no failure.
settings.register_profile("project", derandomize=True, deadline=None)
settings.load_profile("project")

_OURS = ("RELAY_", "AZURE_", "ARM_", "IDENTITY_", "MSI_", "AzureWebJobs")


@pytest.fixture(autouse=True)
def clear_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith(_OURS):
            monkeypatch.delenv(name)
