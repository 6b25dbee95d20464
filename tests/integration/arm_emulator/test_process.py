"""The emulator as a process: how it starts, fails to start, and ends."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import requests

COMMAND = [sys.executable, "-m", "local", "arm", "--port"]
ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_needs_no_storage_to_start_and_ends_cleanly(number: signal.Signals) -> None:
    nowhere = ["--storage-connection-string", "UseDevelopmentStorage=true;BlobEndpoint=http://127.0.0.1:1/x"]
    with subprocess.Popen([*COMMAND, "0", *nowhere], cwd=ROOT, stdout=subprocess.PIPE, text=True) as started:
        assert started.stdout is not None
        ready = json.loads(started.stdout.readline())
        assert ready["ready"] is True
        assert requests.get(f"{ready['arm']}/_emulator/journal", timeout=10).json() == []
        started.send_signal(number)
        assert started.wait(timeout=10) == 0


def test_a_port_in_use_is_one_line_and_exit_code_1(arm: str) -> None:
    port = arm.rpartition(":")[2]
    ended = subprocess.run([*COMMAND, port], cwd=ROOT, capture_output=True, text=True, timeout=20, check=False)
    assert (ended.returncode, ended.stdout) == (1, "")
    [line] = ended.stderr.splitlines()
    assert line.startswith(f"the ARM emulator cannot listen on 127.0.0.1:{port}: ")
