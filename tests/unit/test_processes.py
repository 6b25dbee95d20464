import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from local.app_settings import ROOT
from local.errors import LocalError
from local.processes import Child, undisturbed
from tests.waiting import until


@pytest.fixture
def groups(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return the groups that were sent a signal, and send none."""
    sent: list[int] = []
    monkeypatch.setattr("os.killpg", lambda group, _number: sent.append(group))
    return sent


def test_a_process_that_has_ended_is_sent_no_signal_since_its_number_may_be_anothers(groups: list[int]) -> None:
    child = Child("the child", [sys.executable, "-c", ""], env={}, cwd=Path(), log=sys.stderr)
    until(lambda: child.exit_code == 0, "the child's end")
    for number in (signal.SIGSTOP, signal.SIGCONT, signal.SIGKILL):
        child.send_to_group(number)
    child.kill()
    assert groups == []


def test_a_variable_that_is_more_than_the_system_passes_on_is_named_with_what_to_do_instead() -> None:
    env = {"RELAY_ROUTES": "[" + " " * 200_000, "OTHER": "x"}
    with pytest.raises(LocalError) as refused:
        Child("the child", [sys.executable, "-c", ""], env=env, cwd=Path(), log=sys.stderr)
    assert str(refused.value) == (
        "the child could not be started: RELAY_ROUTES has 200,001 bytes, which do not fit into an environment "
        "variable; put the list into a file and give it with --routes FILE"
    )


_STARTER = """
import sys
from pathlib import Path
from local.processes import Child
child = Child("the child", [sys.executable, "-c", "import time; time.sleep(600)"], env={}, cwd=Path(), log=sys.stderr)
print(child.pid, flush=True)
sys.stdin.read()
"""


@pytest.mark.skipif(shutil.which("setpriv") is None, reason="no setpriv here; it is part of util-linux")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
def test_a_child_ends_with_its_starter_however_that_ends(number: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _STARTER], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as starter:
        assert starter.stdout is not None
        child = psutil.Process(int(starter.stdout.readline()))
        until(lambda: child.name() != "setpriv", "the child to be tied")
        starter.send_signal(number)
    assert child.wait(60) is None


def test_a_line_that_only_speaks_of_ready_is_logged_and_does_not_stop_the_reading(tmp_path: Path) -> None:
    said = ['about "ready"', '"ready"', '{"ready": false}', '{"ready": true, "at": 1}', '{"ready": true, "at": 2}']
    with (tmp_path / "log").open("w+") as log:
        program = f"print(*{said!r}, sep='\\n')"
        child = Child("the child", [sys.executable, "-c", program], env={}, cwd=Path(), log=log)
        assert child.ready_line() == {"ready": True, "at": 1}
        child.stop()
        log.seek(0)
        assert log.read().splitlines() == [*said[:3], said[4]]


@pytest.fixture
def ended_by_sigint() -> Iterator[None]:
    """What a shell starts in the background ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("ended_by_sigint")
def test_what_would_end_the_program_is_put_off_until_a_child_is_known() -> None:
    known: list[Child] = []

    def start() -> None:
        with undisturbed():
            signal.raise_signal(signal.SIGINT)
            known.append(Child("the child", [sys.executable, "-c", ""], env={}, cwd=Path(), log=sys.stderr))

    with pytest.raises(KeyboardInterrupt):
        start()
    known.pop().stop()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_in_another_thread_nothing_is_put_off() -> None:
    def start() -> int | None:
        with undisturbed():
            return threading.get_ident()

    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(start).result() != threading.get_ident()
