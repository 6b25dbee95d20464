"""Time comes from the storage service; the local clock only measures intervals."""

import ast
from pathlib import Path

import pytest

from local.app_settings import ROOT

MODULES = [*(ROOT / "shared/sync").glob("*.py"), *(ROOT / "shared/folder").glob("*.py")]
ASKING = {("time", "time"), ("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today")}


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.stem)
def test_the_relay_never_asks_an_instance_what_time_it_is(module: Path) -> None:
    calls = [node.func for node in ast.walk(ast.parse(module.read_text())) if isinstance(node, ast.Call)]
    names = {
        (call.value.id, call.attr)
        for call in calls
        if isinstance(call, ast.Attribute) and isinstance(call.value, ast.Name)
    }
    assert not names & ASKING
