"""Workers that are lost in the middle, queues and states that fail: nothing overlaps, nothing is forgotten."""

from contextlib import suppress
from datetime import timedelta
from itertools import count

import pytest

from shared.errors import ServiceRefusal, ServiceUnavailable, StateConflict
from shared.folder.manifest import Manifest
from shared.storage.documents import Document
from shared.sync import transitions
from shared.sync.baseline import Baseline
from shared.sync.decide import Hold, Poll, Skip, Sync, Wait
from shared.targets.port import Accepted, ImportFailed, ImportSucceeded, StillRunning
from tests.unit.memory import make_manifest, make_route
from tests.unit.world import ROUTE, World

OTHER = make_route("other", folder="files/other")
RUNNING = Accepted(202, "request-1", handle="handle", poll_after_s=5)


class LostError(Exception):
    """The worker is gone."""


def lose_the_worker() -> None:
    raise LostError


@pytest.fixture
def world() -> World:
    return World()


def test_an_import_that_is_followed_stays_reserved_though_its_wake_up_cannot_be_sent(world: World) -> None:
    world.answer, world.progress = RUNNING, StillRunning("handle", 5)
    world.queue.error = LostError()
    with pytest.raises(LostError):
        world.worker.reconcile(ROUTE)
    world.queue.error = None
    world.at(300, 0, 1)
    assert isinstance(world.worker.reconcile(OTHER), Wait)
    assert world.synced == [ROUTE]
    assert isinstance(world.worker.reconcile(ROUTE), Poll)


def test_an_import_is_followed_though_the_state_was_lost(world: World) -> None:
    world.answer, world.progress = RUNNING, StillRunning("handle", 5)
    world.worker.reconcile(ROUTE)
    world.documents.stored["routes/default.json"] = (b"not a state", "etag")
    world.at(110, 0, 1)
    assert isinstance(world.worker.reconcile(ROUTE), Poll)
    assert world.synced == [ROUTE]


def test_an_import_whose_state_was_never_written_is_followed_and_has_a_record(world: World) -> None:
    world.answer, write = RUNNING, world.documents.write

    def fail_after_the_lease(name: str, content: bytes, etag: str | None) -> str:
        if name.startswith("summaries") and world.synced:
            raise LostError
        return write(name, content, etag)

    world.documents.write = fail_after_the_lease  # type: ignore[method-assign]
    with pytest.raises(LostError):
        world.worker.reconcile(ROUTE)
    world.documents.write = write  # type: ignore[method-assign]
    world.progress = ImportSucceeded()
    world.at(300, 0, 1)
    world.worker.reconcile(ROUTE)
    assert {record.outcome for record in world.history()} >= {"succeeded"}
    world.at(320, 0, 1)
    assert isinstance(world.worker.reconcile(ROUTE), Sync), "it is unknown which files the lost worker had listed"


def lose_the_worker_at_write(world: World, number: int) -> None:
    """Let that write of a document be the last thing that the worker tries, and not happen."""
    write, numbers = world.documents.write, count()

    def written(name: str, content: bytes, etag: str | None) -> str:
        if next(numbers) == number:
            raise LostError
        return write(name, content, etag)

    world.documents.write = written  # type: ignore[method-assign]


@pytest.mark.parametrize("answer", [Accepted(202, "request-1"), RUNNING], ids=["at once", "followed"])
@pytest.mark.parametrize("number", range(30))
def test_wherever_a_worker_is_lost_what_counts_as_synced_is_in_the_baseline(answer: Accepted, number: int) -> None:
    world = World(answer=answer)
    world.worker.reconcile(ROUTE)
    world.at(110, 0, 1)
    world.worker.reconcile(ROUTE)
    world.at(300, 0, 1, 290)
    lose_the_worker_at_write(world, number)
    with suppress(LostError):
        world.worker.reconcile(ROUTE)
        world.at(310, 0, 1, 290)
        world.worker.reconcile(ROUTE)
    synced = world.state().synced
    if synced and synced.revision == world.folder.revision:
        assert all(world.baselines.read(ROUTE).has(file) for file in world.folder.files)


def test_a_sync_that_was_lost_with_its_worker_has_a_record_and_is_repeated(world: World) -> None:
    world.during_sync = lose_the_worker
    with pytest.raises(LostError):
        world.worker.reconcile(ROUTE)
    world.during_sync = lambda: None
    world.at(400, 0, 1)
    assert isinstance(world.worker.reconcile(ROUTE), Sync)
    assert [(record.outcome, record.code) for record in world.history()] == [
        ("accepted", None),
        ("failed", "OutcomeUnknown"),
    ]


def test_a_lost_sync_has_a_record_though_the_folder_is_empty_afterwards(world: World) -> None:
    sync_id = world.commands.request_sync(ROUTE, force=False)
    world.during_sync = lose_the_worker
    with pytest.raises(LostError):
        world.worker.reconcile(ROUTE)
    world.at(400)
    assert isinstance(world.worker.reconcile(ROUTE), Hold)
    record = world.records.read("default", sync_id)
    assert record
    assert record.code == "OutcomeUnknown"


def lose_a_forced_sync_of_an_empty_folder(world: World) -> None:
    world.worker.reconcile(ROUTE)
    world.at(200)
    world.commands.request_sync(ROUTE, force=True)
    world.during_sync = lose_the_worker
    with pytest.raises(LostError):
        world.worker.reconcile(ROUTE)
    world.during_sync = lambda: None


def test_a_forced_sync_that_was_lost_with_its_worker_is_repeated_as_one(world: World) -> None:
    lose_a_forced_sync_of_an_empty_folder(world)
    world.at(500)
    assert world.worker.reconcile(ROUTE).reason == "Forced"
    assert [record.outcome for record in world.history()] == ["accepted", "failed", "accepted"]
    world.at(600)
    assert world.worker.reconcile(ROUTE).reason == "FolderEmpty"


def test_what_repeats_a_lost_forced_sync_is_given_up_when_it_is_refused(world: World) -> None:
    lose_a_forced_sync_of_an_empty_folder(world)
    world.answer = ServiceRefusal("no", code="Forbidden", status=403)
    world.at(500)
    assert world.worker.reconcile(ROUTE).reason == "Forced"
    world.at(510)
    assert world.worker.reconcile(ROUTE).reason == "Refused"
    synced = world.state().synced
    assert synced
    assert not synced.forced


def test_while_adf_is_called_no_other_route_gets_the_environment(world: World) -> None:
    world.during_sync = lose_the_worker
    with pytest.raises(LostError):
        world.worker.reconcile(ROUTE)
    world.during_sync = lambda: None
    world.at(300, 0, 1)
    assert isinstance(world.worker.reconcile(OTHER), Wait)
    assert world.synced == [ROUTE]


def test_a_forced_sync_that_fails_for_now_is_repeated_and_not_told_as_recovered(world: World) -> None:
    world.worker.reconcile(ROUTE)
    world.commands.request_sync(ROUTE, force=True)
    world.answer = ServiceUnavailable("busy", code="ServerBusy", status=503)
    world.at(200, 0, 1)
    world.worker.reconcile(ROUTE)
    assert isinstance(world.worker.reconcile(ROUTE), Wait)
    assert world.alerts() == ["failed"]
    world.answer = Accepted(202, "request-2")
    world.at(300, 0, 1)
    assert world.worker.reconcile(ROUTE).reason == "Forced"
    assert world.alerts() == ["failed", "recovered"]
    world.at(400, 0, 1)
    assert isinstance(world.worker.reconcile(ROUTE), Skip)


def test_a_service_that_asks_for_a_day_is_asked_again_within_minutes(world: World) -> None:
    world.answer = Accepted(202, "request-1", handle="handle", poll_after_s=86400)
    world.worker.reconcile(ROUTE)
    operation = world.state().operation
    assert operation
    assert operation.next_poll - operation.listed_at == timedelta(minutes=5)


def test_files_that_were_acknowledged_during_an_import_do_not_come_back() -> None:
    world = World(folder=make_manifest(0, 1, 2, listed=100))
    world.worker.reconcile(ROUTE)
    world.at(200, 0, 1)
    world.worker.reconcile(ROUTE)
    world.at(210, 0, 1)
    world.worker.reconcile(ROUTE)
    assert world.state().removed == 1
    world.answer = RUNNING
    world.at(300, 290, 1, content="v2")
    world.worker.reconcile(ROUTE)
    world.commands.acknowledge_removed(ROUTE)
    world.at(310, 290, 1, content="v2")
    world.worker.reconcile(ROUTE)
    assert (world.state().operation, world.state().removed) == (None, 0)


def test_after_an_answer_that_was_lost_no_other_route_gets_the_environment_while_adf_may_import(world: World) -> None:
    lost = ServiceUnavailable("no answer", code="NoAnswer")
    lost.may_have_acted = True
    world.answer = lost
    world.worker.reconcile(ROUTE)
    assert isinstance(world.worker.reconcile(make_route("sibling")), Wait)
    world.at(107, 0, 1)
    assert world.worker.reconcile(make_route("sibling")).reason != "EnvironmentBusy"


def followed(world: World) -> None:
    """Let a sync be accepted at 100 s that is to be asked about at 115 s."""
    world.answer = Accepted(202, "request-1", "handle-1", 15)
    world.worker.reconcile(ROUTE)


def test_a_look_that_does_nothing_leaves_the_environment_reserved_for_a_running_import(world: World) -> None:
    followed(world)
    world.at(110, 0, 1)
    assert world.worker.reconcile(ROUTE).reason == "SyncRunning"
    assert world.worker.reconcile(make_route("sibling")).reason == "EnvironmentBusy"


def test_a_look_that_fails_leaves_the_environment_reserved_for_a_running_import(world: World) -> None:
    followed(world)
    world.during_listing = lose_the_worker
    world.at(120, 0, 1)
    with pytest.raises(LostError):
        world.worker.reconcile(ROUTE)
    assert world.worker.reconcile(make_route("sibling")).reason == "EnvironmentBusy"


def lose_the_worker_before_it_releases_the_lease(world: World) -> None:
    write = world.documents.write

    def fail_at_the_release(name: str, content: bytes, etag: str | None) -> str:
        if name.startswith("leases") and b'"ends":null' in content:
            world.documents.write = write  # type: ignore[method-assign]
            raise LostError
        return write(name, content, etag)

    world.documents.write = fail_at_the_release  # type: ignore[method-assign]


@pytest.mark.parametrize("answer", [Accepted(202, "request-1"), RUNNING])
def test_a_worker_that_was_lost_once_its_sync_had_ended_keeps_no_other_route_waiting(
    world: World, answer: Accepted
) -> None:
    world.answer = answer
    if answer.handle:
        world.worker.reconcile(ROUTE)
        world.at(110, 0, 1)
    lose_the_worker_before_it_releases_the_lease(world)
    with pytest.raises(LostError):
        world.worker.reconcile(ROUTE)
    world.at(300, 0, 1)
    assert world.worker.reconcile(ROUTE).reason == "Unchanged"
    world.at(320, 0, 1)
    assert isinstance(world.worker.reconcile(OTHER), Sync)


def lose_the_worker_of_an_import_that_failed(world: World) -> None:
    world.answer, world.progress = RUNNING, ImportFailed("ImportFailed", "it failed")
    world.worker.reconcile(ROUTE)
    world.at(110, 0, 1)
    lose_the_worker_before_it_releases_the_lease(world)
    with pytest.raises(LostError):
        world.worker.reconcile(ROUTE)
    world.at(300, 0, 1)


def test_a_worker_that_was_lost_once_its_import_had_failed_keeps_no_other_route_waiting(world: World) -> None:
    lose_the_worker_of_an_import_that_failed(world)
    assert world.worker.reconcile(ROUTE).reason == "Refused"
    world.at(320, 0, 1)
    assert isinstance(world.worker.reconcile(OTHER), Sync)


@pytest.mark.parametrize("is_requested", [True, False])
def test_a_request_during_the_sync_that_repeats_a_lost_one_has_a_sync_of_its_own(
    world: World, *, is_requested: bool
) -> None:
    first = world.commands.request_sync(ROUTE, force=False) if is_requested else None
    world.during_sync = lose_the_worker
    with pytest.raises(LostError):
        world.worker.reconcile(ROUTE)
    world.at(300, 0, 1)
    second = world.commands.request_sync(ROUTE, force=False)
    assert second != first
    third: list[str] = []
    world.during_sync = lambda: third.append(world.commands.request_sync(ROUTE, force=True))
    world.worker.reconcile(ROUTE)
    assert third != [second]
    world.during_sync = lambda: None
    world.at(320, 0, 1)
    assert world.worker.reconcile(ROUTE).reason == "Forced"


def test_a_call_whose_record_was_answered_too_late_is_in_it_once(world: World) -> None:
    world.answer = RUNNING
    world.worker.reconcile(ROUTE)
    world.at(110, 0, 1)
    world.progress = ImportFailed("ImportFailed", "it failed", status=400, request_id="request-9")
    write = world.documents.write

    def told_late(name: str, content: bytes, etag: str | None) -> str:
        written = write(name, content, etag)
        if name.startswith("records/") and etag:
            world.documents.write = write  # type: ignore[method-assign]
            raise StateConflict(name)
        return written

    world.documents.write = told_late  # type: ignore[method-assign]
    world.worker.reconcile(ROUTE)
    [record] = world.history()
    assert [call.request_id for call in record.calls].count("request-9") == 1


def test_an_import_that_failed_does_not_fail_again_because_its_worker_was_lost(world: World) -> None:
    lose_the_worker_of_an_import_that_failed(world)
    world.worker.reconcile(ROUTE)
    failure = world.state().failure
    assert failure
    assert failure.count == 1


def test_a_worker_that_outlives_its_lease_does_not_take_the_baseline_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.worker.reconcile(ROUTE)
    world.at(200, 150, 1)
    renewed = Baseline.renewed

    def renewed_late(before: Baseline, manifest: Manifest) -> Baseline:
        monkeypatch.undo()
        world.at(500, 450, 1, content="v2")
        assert isinstance(world.worker.reconcile(ROUTE), Sync)
        return renewed(before, manifest)

    monkeypatch.setattr(Baseline, "renewed", renewed_late)
    world.worker.reconcile(ROUTE)
    contents = {name: version.content for name, version in world.baselines.read(ROUTE).contents.items()}
    assert contents == {file.name: file.content for file in world.folder.files}


def test_what_a_worker_finds_out_after_another_one_has_taken_over_is_dropped(world: World) -> None:
    world.worker.reconcile(ROUTE)
    before = world.state()
    world.worker.outcomes.change(ROUTE, "the lease of an overtaken worker", transitions.doubted())
    assert world.state() == before


def test_a_worker_whose_lease_ends_before_its_work_begins_takes_nothing_over(world: World) -> None:
    read = world.documents.read

    def read_late(name: str) -> Document:
        world.clock.seconds += 200 if name.startswith("routes/") else 0
        return read(name)

    world.documents.read = read_late  # type: ignore[method-assign]
    with pytest.raises(StateConflict):
        world.worker.reconcile(ROUTE)
    assert world.state().worker is None
