"""Ports are given to one asker only, though what listens on them starts later.

The ports here lie below those that are drawn, so that no other test has been given one of them.
"""

import subprocess
import sys

import pytest

from local.app_settings import ROOT
from local.ports import free_ports

_OTHER = """
import random
random.randint = lambda _first, _last: 19001
from local.ports import free_ports
print(free_ports(3), flush=True)
input()
"""


def lead_to(monkeypatch: pytest.MonkeyPatch, *first: int) -> None:
    drawn = iter(first)
    monkeypatch.setattr("random.randint", lambda _first, _last: next(drawn))


def test_a_process_is_not_given_a_port_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    lead_to(monkeypatch, 19101, 19103, 19104)
    assert (free_ports(3), free_ports(1)) == (19101, 19104)


def test_a_port_that_another_process_was_given_is_given_again_after_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _OTHER], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "19001\n"
        lead_to(monkeypatch, 19003, 19011)
        assert free_ports(1) == 19011
        other.communicate("\n")
    lead_to(monkeypatch, 19003)
    assert free_ports(1) == 19003
