"""What all layers share: no test sees the caller's settings, and no test is left to chance.

`--host func`, or HOST=func in the environment, runs the whole stack on Microsoft's own Functions host.
"""

import logging
import os

import pytest
from hypothesis import settings

from local.functions_host import HOSTS
from tests import hosts

# The same examples on every run, and no deadline: a busy machine is no failure.
settings.register_profile("project", derandomize=True, deadline=None)
settings.load_profile("project")

_OURS = ("RELAY_", "AZURE_", "ARM_", "IDENTITY_", "MSI_", "AzureWebJobs")


def pytest_addoption(parser: pytest.Parser) -> None:
    default = os.environ.get("HOST")
    parser.addoption("--host", choices=HOSTS, default=default if default in HOSTS else "standin")


# A worker takes whole files (`--dist loadfile`), so that one of minutes that came late would keep one core busy alone.
_FIRST = ("tests/model/test_promises.py",)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the longest files come first; all others stay in the order of the folders."""
    items.sort(key=lambda item: not item.nodeid.startswith(_FIRST))


def pytest_configure(config: pytest.Config) -> None:
    hosts.chosen = config.getoption("host")


@pytest.fixture(autouse=True)
def clear_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith(_OURS):
            monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def log_warnings() -> None:
    """Let warnings reach caplog: fabric-cicd sets the root logger to ERROR when it is imported."""
    logging.getLogger().setLevel(logging.WARNING)
