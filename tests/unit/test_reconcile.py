from contextlib import suppress
from datetime import timedelta

import pytest

from shared.errors import FolderUnreadable, ServiceRefusal, ServiceUnavailable
from shared.sync.conditions import conditions
from shared.sync.decide import Hold, Skip, Sync, Wait
from shared.targets.port import Accepted
from tests.unit.memory import NOON, make_manifest, make_route
from tests.unit.world import ROUTE, World


@pytest.fixture
def world() -> World:
    return World()


def seconds_of(world: World) -> list[float]:
    """Return when the wake-ups are due, in seconds after noon."""
    return [(due - NOON).total_seconds() for _, due in world.queue.sent]


def test_a_quiet_change_is_synced_and_remembered(world: World) -> None:
    assert isinstance(world.worker.reconcile(ROUTE), Sync)
    assert world.synced == [ROUTE]
    synced = world.state().synced
    assert synced
    assert (synced.revision, synced.files) == (world.folder.revision, 2)


def test_the_same_content_is_not_synced_again(world: World) -> None:
    world.worker.reconcile(ROUTE)
    world.at(200, 0, 1)
    assert isinstance(world.worker.reconcile(ROUTE), Skip)
    assert len(world.synced) == 1


def test_a_running_burst_is_waited_out_with_a_new_wake_up(world: World) -> None:
    world.at(100, 98)
    decision = world.worker.reconcile(ROUTE)
    assert isinstance(decision, Wait)
    assert seconds_of(world) == [104]
    assert world.state().burst_since == NOON + timedelta(seconds=98)
    assert not world.synced


def test_a_notice_is_cleared_by_the_reconcile_that_answers_it(world: World) -> None:
    world.wake_ups.notice(ROUTE)
    world.at(106, 0)
    world.worker.reconcile(ROUTE)
    assert world.state().pending is None


def test_a_change_during_a_sync_keeps_its_wake_up(world: World) -> None:
    world.during_sync = lambda: world.wake_ups.notice(ROUTE)
    world.worker.reconcile(ROUTE)
    state = world.state()
    assert state.pending
    assert state.synced
    assert len(world.queue.sent) == 1


def test_a_change_during_a_sync_leads_to_exactly_one_more(world: World) -> None:
    world.during_sync = lambda: world.wake_ups.notice(ROUTE)
    world.worker.reconcile(ROUTE)
    world.during_sync = lambda: None
    world.at(110, 101, content="v2")
    assert isinstance(world.worker.reconcile(ROUTE), Sync)
    world.at(120, 101, content="v2")
    assert isinstance(world.worker.reconcile(ROUTE), Skip)
    assert len(world.synced) == 2


def test_while_another_worker_has_the_environment_the_wake_up_is_sent_again(world: World) -> None:
    assert world.leases.take(ROUTE)
    decision = world.worker.reconcile(ROUTE)
    assert isinstance(decision, Wait)
    assert decision.reason == "EnvironmentBusy"
    assert len(world.queue.sent) == 1
    assert not world.synced


def test_an_upload_within_the_settle_time_is_looked_at_again_when_that_is_over(world: World) -> None:
    world.worker.reconcile(ROUTE)
    world.at(103, 0, 1, 97)
    world.worker.reconcile(ROUTE)
    assert seconds_of(world) == [106]
    world.at(106, 0, 1, 97)
    assert isinstance(world.worker.reconcile(ROUTE), Sync)


def test_a_neighbour_that_is_at_work_is_not_waited_for_longer_than_the_quiet_window(world: World) -> None:
    assert world.leases.take(make_route("neighbour"))
    world.worker.reconcile(ROUTE)
    assert seconds_of(world) == [106]


def test_many_workers_that_find_the_environment_taken_send_one_wake_up_in_all(world: World) -> None:
    assert world.leases.take(ROUTE)
    for _ in range(6):
        world.worker.reconcile(ROUTE)
    assert len(world.queue.sent) == 1


def test_two_routes_of_one_environment_are_not_synced_at_once(world: World) -> None:
    sibling = make_route("sibling", folder="files/other")
    world.worker.reconcile(ROUTE)
    decision = world.worker.reconcile(sibling)
    assert isinstance(decision, Wait)
    world.at(107, 0, 1)
    assert isinstance(world.worker.reconcile(sibling), Sync)
    assert world.synced == [ROUTE, sibling]


def test_one_folder_can_feed_two_environments(world: World) -> None:
    other = make_route("other", environment="sample-3")
    world.worker.reconcile(ROUTE)
    world.worker.reconcile(other)
    assert world.synced == [ROUTE, other]


def test_an_environment_is_free_again_after_a_refused_sync(world: World) -> None:
    world.answer = ServiceRefusal("no", code="Forbidden", status=403)
    world.worker.reconcile(ROUTE)
    assert world.leases.take(ROUTE)


def test_a_failure_for_now_is_remembered_and_tried_again_after_a_back_off(world: World) -> None:
    world.answer = ServiceUnavailable("busy", code="ServerBusy", status=503, request_id="r")
    world.worker.reconcile(ROUTE)
    failure = world.state().failure
    assert failure
    assert (failure.transient, failure.code, failure.status, failure.request_id) == (True, "ServerBusy", 503, "r")
    assert failure.next_attempt == NOON + timedelta(seconds=105)
    assert seconds_of(world) == [105]


def test_the_back_off_doubles_and_retry_after_is_its_floor(world: World) -> None:
    world.answer = ServiceUnavailable("busy", code="ServerBusy", retry_after_s=30)
    world.worker.reconcile(ROUTE)
    world.at(200, 0, 1)
    world.worker.reconcile(ROUTE)
    assert seconds_of(world) == [100 + 30 + 5, 200 + 30 + 10]
    failure = world.state().failure
    assert failure
    assert failure.count == 2


def test_a_refusal_is_remembered_with_arms_words_and_not_hammered(world: World) -> None:
    world.answer = ServiceRefusal("no such linked service", code="BadRequest", status=400, request_id="r")
    world.worker.reconcile(ROUTE)
    failure = world.state().failure
    assert failure
    assert (failure.transient, failure.message, failure.request_id) == (False, "no such linked service", "r")
    assert world.queue.sent == []
    assert isinstance(world.worker.reconcile(ROUTE), Skip)
    world.at(3700, 0, 1)
    assert isinstance(world.worker.reconcile(ROUTE), Sync)


def test_a_success_ends_a_failure(world: World) -> None:
    world.answer = ServiceUnavailable("busy", code="ServerBusy")
    world.worker.reconcile(ROUTE)
    world.answer = Accepted(202, "request-2")
    world.at(200, 0, 1)
    world.worker.reconcile(ROUTE)
    assert world.state().failure is None
    assert world.state().synced


@pytest.mark.parametrize("state", ["Initial", "Starting", "stopping", "STOPPED"])
def test_an_environment_that_is_not_ready_is_waited_for(world: World, state: str) -> None:
    world.environment = state
    world.worker.reconcile(ROUTE)
    failure = world.state().failure
    assert failure
    assert (failure.code, failure.transient) == ("EnvironmentNotReady", True)
    assert not world.synced
    assert len(world.queue.sent) == 1


@pytest.mark.parametrize("state", ["Started", "Online", "SomethingNew", "", None])
def test_an_environment_in_any_other_state_is_tried(world: World, state: str | None) -> None:
    world.environment = state
    world.worker.reconcile(ROUTE)
    assert world.synced == [ROUTE]


def test_an_environment_that_does_not_exist_is_a_refusal(world: World) -> None:
    world.environment = ServiceRefusal("not found", code="ResourceNotFound", status=404)
    world.worker.reconcile(ROUTE)
    failure = world.state().failure
    assert failure
    assert (failure.status, failure.transient) == (404, False)
    assert not world.synced


def test_a_listing_that_fails_frees_the_environment_and_is_tried_again_by_the_queue(world: World) -> None:
    world.unreadable = ConnectionError("something unforeseen")
    with pytest.raises(ConnectionError):
        world.worker.reconcile(ROUTE)
    world.clock.seconds += 7
    assert world.leases.take(ROUTE)


def test_a_folder_that_cannot_be_listed_is_told_and_looked_at_again_after_a_back_off(world: World) -> None:
    world.unreadable = FolderUnreadable("not authorized", code="AuthorizationPermissionMismatch")
    delays = []
    for _ in range(3):
        decision = world.worker.reconcile(ROUTE)
        assert isinstance(decision, Wait)
        delays.append(decision.delay.total_seconds())
        world.clock.seconds += 1000
    assert delays == [5, 10, 20]
    assert world.leases.take(ROUTE) is not None
    ready = conditions(ROUTE, world.state())[0]
    assert (ready.status, ready.reason) == ("False", "FolderUnreadable")
    assert "AuthorizationPermissionMismatch: not authorized" in ready.sentence
    (record,) = world.history()
    assert (record.outcome, record.trigger, record.code) == (
        "failed",
        "FolderUnreadable",
        "AuthorizationPermissionMismatch",
    )
    assert world.alerts() == ["failed"]


def test_a_folder_that_can_be_listed_again_is_synced_and_the_trouble_is_over(world: World) -> None:
    world.unreadable = FolderUnreadable("not authorized", code="AuthorizationFailure")
    world.worker.reconcile(ROUTE)
    world.unreadable = None
    world.at(2000, 0, 1)
    assert isinstance(world.worker.reconcile(ROUTE), Sync)
    assert world.state().unreadable is None
    assert world.alerts() == ["failed", "recovered"]


def test_an_answer_of_adf_is_kept_though_the_folder_cannot_be_listed_after_it(world: World) -> None:
    def lose_the_role() -> None:
        world.unreadable = FolderUnreadable("not authorized", code="AuthorizationFailure")

    world.during_sync = lose_the_role
    world.worker.reconcile(ROUTE)
    assert [record.outcome for record in world.history()] == ["accepted"]
    synced = world.state().synced
    assert synced
    assert synced.revision is None


def test_a_sync_that_runs_is_not_forgotten_while_the_folder_cannot_be_listed(world: World) -> None:
    world.answer = Accepted(202, "request-1", handle="handle", poll_after_s=5)
    world.worker.reconcile(ROUTE)
    world.unreadable = FolderUnreadable("not authorized", code="AuthorizationFailure")
    world.clock.seconds += 300
    world.worker.reconcile(ROUTE)
    assert world.state().operation


def test_a_folder_that_lost_all_its_files_is_held_and_says_how_many(world: World) -> None:
    world.worker.reconcile(ROUTE)
    world.at(200)
    decision = world.worker.reconcile(ROUTE)
    assert isinstance(decision, Hold)
    held = world.state().held
    assert held
    assert (held.reason, "all 2 files are gone" in held.sentence) == ("FolderEmpty", True)
    assert len(world.synced) == 1


def test_a_hold_is_recorded_once(world: World) -> None:
    world.worker.reconcile(ROUTE)
    for seconds in (200, 500):
        world.at(seconds)
        world.worker.reconcile(ROUTE)
    assert [record.outcome for record in world.history()] == ["held", "accepted"]


def test_deleted_files_are_synced_once_the_deleting_has_paused_and_stay_listed(world: World) -> None:
    world.worker.reconcile(ROUTE)
    world.at(200, 0)
    assert isinstance(world.worker.reconcile(ROUTE), Wait)
    world.at(206, 0)
    assert isinstance(world.worker.reconcile(ROUTE), Sync)
    assert world.state().removed == 1
    changes = world.history()[0].changes
    assert changes
    assert changes.removed.first == ("airflow/dags/dag_1.py",)


def test_a_removed_file_that_is_back_is_no_longer_listed(world: World) -> None:
    test_deleted_files_are_synced_once_the_deleting_has_paused_and_stay_listed(world)
    world.at(300, 0, 290)
    world.worker.reconcile(ROUTE)
    assert world.state().removed == 0


@pytest.mark.parametrize("loss", [RuntimeError("crash"), ServiceUnavailable("reset", code="NoAnswer")])
def test_a_change_that_was_imported_unseen_and_then_undone_is_synced_again(world: World, loss: Exception) -> None:
    world.worker.reconcile(ROUTE)
    if isinstance(loss, ServiceUnavailable):
        loss.may_have_acted = True
    world.answer = loss
    world.at(200, 190, 190, content="v2")
    with suppress(RuntimeError):
        world.worker.reconcile(ROUTE)
    world.answer = Accepted(202, "request-3")
    world.at(500, 290, 290)
    assert isinstance(world.worker.reconcile(ROUTE), Sync)


def test_a_change_that_was_refused_and_then_undone_is_not_synced_again(world: World) -> None:
    world.worker.reconcile(ROUTE)
    world.answer = ServiceRefusal("no", code="BadRequest", status=400)
    world.at(200, 190, 190, content="v2")
    world.worker.reconcile(ROUTE)
    world.at(500, 290, 290)
    assert isinstance(world.worker.reconcile(ROUTE), Skip)
    assert world.state().failure is None


def test_a_folder_that_changes_while_adf_is_called_is_looked_at_again(world: World) -> None:
    world.during_sync = lambda: world.at(101, 0, 1, 101, content="v2")
    world.worker.reconcile(ROUTE)
    synced = world.state().synced
    assert synced
    assert synced.revision is None
    assert len(world.queue.sent) == 1


def test_every_attempt_leaves_a_record_newest_first(world: World) -> None:
    world.worker.reconcile(ROUTE)
    world.answer = ServiceRefusal("no", code="BadRequest", status=400, request_id="r")
    world.at(200, 0, 150, content="v2")
    world.worker.reconcile(ROUTE)
    refused, accepted = world.history()
    assert (refused.outcome, refused.code, refused.message) == ("refused", "BadRequest", "no")
    assert [(call.operation, call.status, call.request_id) for call in refused.calls] == [
        ("get environment", 200, "request-0"),
        ("airflow/sync", 400, "r"),
    ]
    assert (accepted.outcome, accepted.trigger) == ("accepted", "Changed")
    assert refused.finished_at == NOON + timedelta(seconds=200)
    assert accepted.changes
    assert accepted.changes.added.count == 2


def test_a_file_written_again_during_the_call_leaves_open_what_was_synced_even_with_the_same_bytes() -> None:
    world = World()
    world.during_sync = lambda: world.at(100, 100, 1)
    world.worker.reconcile(ROUTE)
    synced = world.state().synced
    assert synced
    assert synced.revision is None


def test_files_that_were_removed_earlier_stay_listed_at_the_next_sync() -> None:
    world = World(folder=make_manifest(0, 1, 2, listed=100))
    world.worker.reconcile(ROUTE)
    for seconds, *written in ((200, 0, 1), (210, 0, 1), (300, 0), (310, 0)):
        world.at(seconds, *written)
        world.worker.reconcile(ROUTE)
    assert world.baselines.read(ROUTE).removed.keys() == {"airflow/dags/dag_1.py", "airflow/dags/dag_2.py"}
    assert world.state().removed == 2
