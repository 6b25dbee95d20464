import signal
import sys
from pathlib import Path

import pytest

from local.processes import Child
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
