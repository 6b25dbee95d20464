"""Each kind of deployment makes what its file in snapshots/ says. After a change: `SNAPSHOTS=write make infra`."""

import os
from pathlib import Path

import pytest

from tests.infra.conftest import Evaluate
from tests.infra.kinds import KINDS, review

SNAPSHOTS = Path(__file__).parent / "snapshots"


@pytest.mark.parametrize("kind", KINDS)
def test_a_deployment_makes_what_was_reviewed(kind: str, deployment: Evaluate) -> None:
    seen = review(kind, deployment(kind))
    file = SNAPSHOTS / f"{kind}.txt"
    if os.environ.get("SNAPSHOTS") == "write":
        file.write_text(seen)
    assert seen == file.read_text()


def test_every_snapshot_is_of_a_kind() -> None:
    assert {file.stem for file in SNAPSHOTS.iterdir()} == KINDS.keys()
