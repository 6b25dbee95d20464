"""The Functions host that the tests of the whole stack run on: the stand-in, unless `--host` says otherwise."""

import shutil
from collections.abc import Mapping

import pytest

from local.functions_host import HostName

chosen: HostName = "standin"


def skip_without(host: HostName) -> None:
    """Skip the test if the host is not on this machine."""
    if host == "func" and shutil.which("func") is None:
        pytest.skip("Microsoft's Functions host, `func`, is not on the PATH")


def skip_without_traces(headers: Mapping[str, str]) -> None:
    """Skip the test if Microsoft's host gave the run no trace, as a build of it without Application Insights does."""
    if chosen == "func" and "traceparent" not in headers:
        pytest.skip("this build of `func` has no Application Insights, without which it hands no trace on")


# The locks of listeners, which the hosts hold for a minute: as short as Microsoft's allows, where a test's subject is
# something else. The stand-in may break those of a dead process at once.
QUICK_LOCKS = {
    "AzureFunctionsJobHost__singleton__listenerLockPeriod": "00:00:15",
    "AzureFunctionsJobHost__singleton__listenerLockRecoveryPollingInterval": "00:00:15",
    "STANDIN_BREAK_LOCKS": "true",
}
