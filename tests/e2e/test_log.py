"""What an upload and its sync write into the log, on either host."""

import re
from pathlib import Path

import pytest

from local.functions_host import HostName
from tests import hosts
from tests.e2e.conftest import ready, stack_process
from tests.waiting import until

NEVER = "0 0 0 1 1 *"
# The lines of the app and its libraries: the stand-in names their loggers, Microsoft's host the function that ran.
LINES: dict[HostName, re.Pattern[str]] = {
    "standin": re.compile(r"^\S+ \S+ [A-Z]+ +(?!standin)\S+: (.*)", re.MULTILINE),
    "func": re.compile(r"^\w+: Function\.\w+\.User\[\d+\]\n +(.*)", re.MULTILINE),
}


@pytest.mark.parametrize("host", LINES)
def test_an_upload_and_its_sync_write_four_to_six_lines(host: HostName, tmp_path: Path) -> None:
    hosts.skip_without(host)
    path = tmp_path / "log"
    settings = {"RELAY_QUIET_SECONDS": "1", "RELAY_SWEEP_SCHEDULE": NEVER}
    with path.open("w") as log, stack_process(["--host", host], settings, log) as process:
        running = ready(process, path)
        running.container.create_container()
        running.upload("dags/a.py")
        until(running.observer.imports, "the import")
    lines = LINES[host].findall(path.read_text())
    assert 4 <= len(lines) <= 6, "\n".join(lines)
    assert [line for line in lines if "route=default" not in line] == []
