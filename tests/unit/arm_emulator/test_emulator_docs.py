from pathlib import Path

import pytest

from local.arm.control import ROUTES
from local.arm.faults import Fault
from local.arm.settings import Settings

TEXT = (Path(__file__).parents[3] / "docs" / "emulator.md").read_text()


@pytest.mark.parametrize("name", [*Settings.model_fields, *Fault.model_fields])
def test_every_setting_and_kind_of_fault_is_documented(name: str) -> None:
    assert f"`{name}`" in TEXT


@pytest.mark.parametrize("path", sorted({str(getattr(route, "path", "")) for route in ROUTES}))
def test_every_own_endpoint_is_documented(path: str) -> None:
    assert f"{path}`" in TEXT


@pytest.mark.parametrize("name", Settings.model_fields)
def test_the_documented_default_is_the_real_one(name: str) -> None:
    [row] = [line for line in TEXT.splitlines() if line.startswith(f"| `{name}` |")]
    assert row.split("|")[2].strip().strip("`") == str(Settings().model_dump()[name]).replace("True", "true").replace(
        "False", "false"
    )
