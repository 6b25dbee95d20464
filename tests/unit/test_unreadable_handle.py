"""A handle of an accepted import that cannot be read, because a document was damaged, ends the following."""

from datetime import timedelta
from typing import Any, cast

import pytest

from shared.sync.decide import Sync
from shared.targets.data_factory import DataFactory
from shared.targets.port import Accepted, ImportFailed, Work
from tests.unit.world import ROUTE, World

# It is never asked: there is no address to ask at.
NO_CALLER = cast("Any", None)


@pytest.mark.parametrize("handle", ["", "{", "[]", "{}", '"text"', "null", '{"url": 5}', "9" * 5000])
def test_an_unreadable_handle_is_an_import_that_failed(handle: str) -> None:
    progress = DataFactory(NO_CALLER, timedelta(seconds=5)).poll(handle, Work(ROUTE), deadline_s=1)
    assert isinstance(progress, ImportFailed)
    assert progress.code == "HandleUnreadable"


def test_a_route_whose_handle_is_unreadable_syncs_again() -> None:
    world = World(answer=Accepted(202, "request-1", "handle-1", 15))
    world.worker.reconcile(ROUTE)
    world.progress = ImportFailed("HandleUnreadable", "the stored operation cannot be read")
    world.at(120, 0, 1)
    world.worker.reconcile(ROUTE)
    assert world.state().operation is None
    world.commands.request_sync(ROUTE, force=True)
    world.at(121, 0, 1)
    assert isinstance(world.worker.reconcile(ROUTE), Sync)
