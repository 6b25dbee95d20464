import signal
import sys
from pathlib import Path

import pytest

from local.errors import LocalError
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


def test_a_variable_that_is_more_than_the_system_passes_on_is_named_with_what_to_do_instead() -> None:
    env = {"RELAY_ROUTES": "[" + " " * 200_000, "OTHER": "x"}
    with pytest.raises(LocalError) as refused:
        Child("the child", [sys.executable, "-c", ""], env=env, cwd=Path(), log=sys.stderr)
    assert str(refused.value) == (
        "the child could not be started: RELAY_ROUTES has 200,001 bytes, which do not fit into an environment "
        "variable; put the list into a file and give it with --routes FILE"
    )
