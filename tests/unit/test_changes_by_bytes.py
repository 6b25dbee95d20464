"""What counts as a change: the bytes of files, and not what a listing claims of them."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.folder.manifest import File
from shared.sync.decide import Skip, Sync, Wait
from tests.unit.memory import NOON
from tests.unit.world import ROUTE, World


@pytest.fixture
def world() -> World:
    """A world whose folder was synced at 100 s after noon."""
    world = World()
    world.worker.reconcile(ROUTE)
    assert world.synced == [ROUTE]
    world.read.clear()
    return world


def rewrite(world: World, seconds: float, **parts: object) -> File:
    """Write the first file again; return it as it is listed now."""
    world.clock.seconds = seconds
    first, *others = world.folder.files
    modified = NOON + timedelta(seconds=seconds - 10)
    changed = replace(first, etag=f"etag-{seconds}", modified=modified, **parts)  # type: ignore[arg-type]
    world.folder = replace(world.folder, files=(changed, *others), listed_at=world.clock.now())
    return changed


def test_the_same_bytes_written_again_are_read_once_and_are_no_change(world: World) -> None:
    file = rewrite(world, 200)
    assert isinstance(world.worker.reconcile(ROUTE), Skip)
    world.clock.seconds = 300
    world.worker.reconcile(ROUTE)
    assert (world.synced, world.read) == ([ROUTE], [file.name])


def test_metadata_of_a_blob_without_md5_is_no_change_once_its_bytes_are_known() -> None:
    world = World()
    world.folder = replace(world.folder, files=tuple(replace(f, content=f"etag:{f.etag}") for f in world.folder.files))
    world.worker.reconcile(ROUTE)
    assert world.read, "a blob without an MD5 is read after its sync"
    file = world.folder.files[0]
    world.true_md5[file.name] = file.content.removeprefix("etag:")
    rewrite(world, 200, content="etag:another")
    assert isinstance(world.worker.reconcile(ROUTE), Skip)
    assert world.synced == [ROUTE]


def test_another_size_is_a_change_though_the_md5_stays(world: World) -> None:
    rewrite(world, 200, size=11)
    assert isinstance(world.worker.reconcile(ROUTE), Sync)
    assert world.read == []


def test_other_bytes_behind_the_same_md5_are_a_change(world: World) -> None:
    file = rewrite(world, 200)
    world.true_md5[file.name] = "0" * 32
    assert isinstance(world.worker.reconcile(ROUTE), Sync)


def test_a_doubt_that_cannot_be_settled_counts_as_a_change(world: World) -> None:
    file = rewrite(world, 200)
    world.gone.add(file.name)
    assert isinstance(world.worker.reconcile(ROUTE), Sync)


def test_nothing_is_read_while_the_lease_is_held(world: World) -> None:
    rewrite(world, 200)
    world.during_read = lambda: world.leases_free.append(world.leases.take(ROUTE) is not None)
    world.worker.reconcile(ROUTE)
    assert world.leases_free == [True]


def test_a_version_that_was_read_is_not_read_again_while_a_burst_goes_on(world: World) -> None:
    file = rewrite(world, 200)
    world.true_md5[file.name] = "0" * 32
    world.folder = replace(world.folder, files=(replace(file, modified=world.clock.now()), *world.folder.files[1:]))
    for seconds in (201, 202, 203):
        world.clock.seconds = seconds
        world.folder = replace(world.folder, listed_at=world.clock.now())
        assert isinstance(world.worker.reconcile(ROUTE), Wait)
    assert world.read == [file.name]
