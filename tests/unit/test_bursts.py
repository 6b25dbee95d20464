"""Bursts that go on, and deletions: how often, and how soon, they are synced."""

import itertools
from collections.abc import Iterator
from datetime import timedelta

import pytest

from shared.sync.decide import Skip, Sync, Wait
from tests.unit.memory import NOON, make_manifest
from tests.unit.world import ROUTE, World


def looks(world: World, seconds: int, *, until: int) -> Iterator[float]:
    """Play a folder that gets a file each second, and answer the wake-ups; yield when ADF was called."""
    written: list[float] = []
    for now in range(until + 60):
        world.clock.seconds = now
        if now <= seconds:
            written.append(now)
            world.folder = make_manifest(*written, listed=now)
            world.wake_ups.notice(ROUTE)
        world.folder = make_manifest(*written, listed=now)
        due = [wake_up for wake_up in world.queue.sent if wake_up[1] <= world.clock.now()]
        for wake_up in due:
            world.queue.sent.remove(wake_up)
            calls = len(world.synced)
            world.worker.reconcile(ROUTE)
            if len(world.synced) > calls:
                yield now


def test_a_burst_that_goes_on_is_synced_once_each_longest_wait_and_its_end_is_covered() -> None:
    world = World(folder=make_manifest(listed=0))
    calls = list(looks(world, 600, until=600))
    assert 10 <= len(calls) <= 11
    assert all(later - earlier >= 60 for earlier, later in itertools.pairwise(calls[:-1]))
    assert calls[-1] > 600
    synced = world.state().synced
    assert synced
    assert synced.files == 601


def test_a_deletion_waits_the_quiet_window_once() -> None:
    world = World()
    world.worker.reconcile(ROUTE)
    world.at(200, 0)
    world.wake_ups.notice(ROUTE, timedelta(0))
    assert world.queue.sent[-1][1] == NOON + timedelta(seconds=200)
    decision = world.worker.reconcile(ROUTE)
    assert isinstance(decision, Wait)
    world.at(200 + decision.delay.total_seconds(), 0)
    assert isinstance(world.worker.reconcile(ROUTE), Sync)


def test_a_burst_of_deletions_is_one_sync() -> None:
    world = World(folder=make_manifest(*range(10), listed=100))
    world.worker.reconcile(ROUTE)
    for gone in range(1, 9):
        world.at(200 + 4 * gone, *range(10 - gone))
        assert isinstance(world.worker.reconcile(ROUTE), Wait)
    world.at(240, 0, 1)
    assert isinstance(world.worker.reconcile(ROUTE), Sync)
    assert len(world.synced) == 2


@pytest.mark.parametrize("seconds", [101, 103, 105])
def test_a_change_that_was_undone_while_adf_may_have_read_it_is_synced_once_more(seconds: float) -> None:
    world = World()
    world.worker.reconcile(ROUTE)
    world.at(seconds, seconds, 1, content="v2")
    world.worker.reconcile(ROUTE)
    world.at(150, seconds + 1, 1)
    assert isinstance(world.worker.reconcile(ROUTE), Sync)
    world.at(250, seconds + 1, 1)
    assert isinstance(world.worker.reconcile(ROUTE), Skip)


def test_a_change_that_was_undone_long_after_the_import_is_no_change() -> None:
    world = World()
    world.worker.reconcile(ROUTE)
    world.at(200, 199, 1, content="v2")
    world.worker.reconcile(ROUTE)
    world.at(250, 210, 1)
    assert isinstance(world.worker.reconcile(ROUTE), Skip)


@pytest.mark.parametrize("seconds", [101, 105, 107, 200])
def test_the_same_bytes_written_again_after_a_sync_are_no_change_however_soon(seconds: float) -> None:
    world = World()
    world.worker.reconcile(ROUTE)
    world.at(seconds, seconds, seconds)
    world.worker.reconcile(ROUTE)
    world.at(seconds + 50, seconds, seconds)
    assert isinstance(world.worker.reconcile(ROUTE), Skip)
    assert len(world.synced) == 1


def test_other_bytes_behind_the_same_claims_that_adf_may_have_read_are_seen() -> None:
    world = World()
    world.worker.reconcile(ROUTE)
    world.at(103, 103, 1)
    world.true_md5[world.folder.files[0].name] = "other"
    world.worker.reconcile(ROUTE)
    world.true_md5.clear()
    world.at(150, 104, 1)
    assert isinstance(world.worker.reconcile(ROUTE), Sync)


def test_a_file_that_was_gone_while_adf_may_have_read_is_synced_once_more() -> None:
    world = World()
    world.worker.reconcile(ROUTE)
    world.at(108, 0)
    world.worker.reconcile(ROUTE)
    world.at(109, 0, 108)
    world.worker.reconcile(ROUTE)
    world.at(150, 0, 108)
    assert isinstance(world.worker.reconcile(ROUTE), Sync)


def test_a_file_that_was_gone_long_after_the_import_and_is_back_is_no_change() -> None:
    world = World()
    world.worker.reconcile(ROUTE)
    for seconds, *written in ((150, 0, 1), (200, 0), (202, 0, 201)):
        world.at(seconds, *written)
        world.worker.reconcile(ROUTE)
    assert len(world.synced) == 1
    assert world.state().behind_since is None


def test_a_burst_of_deletions_right_after_a_sync_is_one_more() -> None:
    world = World(folder=make_manifest(*range(10), listed=100))
    world.worker.reconcile(ROUTE)
    for gone in range(1, 6):
        world.at(102 + 3 * gone, *range(10 - gone))
        assert isinstance(world.worker.reconcile(ROUTE), Wait)
    world.at(130, *range(5))
    assert isinstance(world.worker.reconcile(ROUTE), Sync)
    assert len(world.synced) == 2
