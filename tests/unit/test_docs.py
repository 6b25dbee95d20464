"""What a user can set or meet is documented."""

import ast

import pytest

from local.app_settings import ROOT
from shared.settings import RouteSettings, Settings

README = (ROOT / "README.md").read_text()
HOW_IT_WORKS = (ROOT / "docs/how-it-works.md").read_text()
DECISIONS = {"Wait", "Skip", "Hold", "Sync", "Poll"}


@pytest.mark.parametrize("setting", [field.alias for field in Settings.model_fields.values()])
def test_every_setting_is_in_the_readme(setting: str) -> None:
    assert f"`{setting}`" in README


@pytest.mark.parametrize("key", RouteSettings.model_fields)
def test_every_key_of_a_route_is_in_the_readme(key: str) -> None:
    assert f"`{key}`" in README


def reasons() -> set[tuple[str, str]]:
    calls = [
        node
        for module in (ROOT / "shared/relay").glob("*.py")
        for node in ast.walk(ast.parse(module.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in DECISIONS and node.args
    ]
    return {
        (call.func.id, call.args[0].value)
        for call in calls
        if isinstance(call.func, ast.Name)
        and isinstance(call.args[0], ast.Constant)
        and isinstance(call.args[0].value, str)
    }


def test_every_reason_of_a_decision_is_in_how_it_works() -> None:
    found = reasons()
    assert ("Skip", "Unchanged") in found
    assert [reason for reason in found if f"| {reason[0]} | `{reason[1]}` |" not in HOW_IT_WORKS] == []
