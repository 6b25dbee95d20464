"""What people are told, and what they are not told again."""

from datetime import timedelta

import pytest

from shared.errors import ServiceRefusal, ServiceUnavailable
from shared.sync.alerts import KEPT, alerted
from shared.sync.state import Alert, RouteState
from shared.targets.port import Accepted, ImportFailed, ImportSucceeded
from tests.unit.memory import NOON, make_route
from tests.unit.world import ROUTE, World

AWAY = ServiceUnavailable("busy", code="ServerBusy", status=503)
GONE = ServiceUnavailable("no answer", code="NoAnswer")
REFUSED = ServiceRefusal("no such linked service", code="BadRequest", status=400)
BROKEN = {"airflow/dags/dag_0.py": b"from airflow import DAG\ndag = (\n"}
WELL = Accepted(202, "request-2")


@pytest.fixture
def world() -> World:
    return World()


def sync(world: World, seconds: float, answer: Accepted | Exception, *, content: str = "v1") -> None:
    """Let the folder be as described, and synced then with that answer."""
    world.answer = answer
    world.at(seconds, seconds - 20, 1, content=content)
    world.worker.reconcile(ROUTE)


def last(world: World) -> Alert:
    return world.state().outbox.alerts[-1]


def test_a_sync_that_works_is_no_news(world: World) -> None:
    sync(world, 100, WELL)
    sync(world, 200, WELL, content="v2")
    assert world.state().outbox == RouteState().outbox


def test_the_first_of_many_failures_is_told_with_arms_words_and_the_others_are_not(world: World) -> None:
    for n, answer in enumerate((AWAY, GONE, AWAY)):
        sync(world, 1000 * (n + 1), answer)
    assert world.alerts() == ["failed"]
    alert = last(world)
    assert (alert.code, alert.sentence, alert.transient, alert.count) == ("ServerBusy", "busy", True, 1)
    assert alert.sync_id == world.history()[-1].sync_id
    assert alert.since == alert.at == NOON + timedelta(seconds=1000)


def test_a_failure_that_turns_out_to_need_a_person_is_told_again(world: World) -> None:
    sync(world, 1000, AWAY)
    sync(world, 2000, REFUSED)
    sync(world, 9000, REFUSED)
    sync(world, 9100, AWAY, content="v2")
    assert world.alerts() == ["failed", "failed"]
    assert (last(world).code, last(world).transient, last(world).count) == ("BadRequest", False, 2)
    assert last(world).since == NOON + timedelta(seconds=1000)


def test_another_refusal_is_told(world: World) -> None:
    sync(world, 1000, REFUSED)
    sync(world, 2000, ServiceRefusal("not yours", code="Forbidden", status=403), content="v2")
    assert world.alerts() == ["failed", "failed"]


def test_the_first_good_sync_after_failures_is_told_once_with_when_they_began(world: World) -> None:
    sync(world, 1000, AWAY)
    sync(world, 2000, GONE)
    sync(world, 3000, WELL)
    sync(world, 4000, WELL, content="v2")
    assert world.alerts() == ["failed", "recovered"]
    alert = last(world)
    assert (alert.code, alert.count, alert.since) == ("ServerBusy", 2, NOON + timedelta(seconds=1000))
    assert alert.sync_id == world.history()[1].sync_id
    assert world.state().outbox.alarm is None


def test_a_change_that_failed_and_was_undone_is_told_as_recovered(world: World) -> None:
    sync(world, 100, WELL)
    sync(world, 1000, REFUSED, content="v2")
    sync(world, 2000, WELL)
    assert world.alerts() == ["failed", "recovered"]


def test_a_new_failure_after_a_recovery_is_told(world: World) -> None:
    sync(world, 1000, AWAY)
    sync(world, 2000, WELL)
    sync(world, 3000, AWAY, content="v2")
    assert world.alerts() == ["failed", "recovered", "failed"]
    assert len({alert.id for alert in world.state().outbox.alerts}) == 3


def test_an_operation_that_fails_and_one_that_then_succeeds_are_told(world: World) -> None:
    running = Accepted(202, "request-1", "handle-1", 15)
    sync(world, 100, running)
    world.progress = ImportFailed("Failed", "a broken requirements.txt")
    sync(world, 200, running)
    sync(world, 300, running, content="v2")
    assert world.alerts() == ["failed"]
    world.progress = ImportSucceeded()
    sync(world, 400, running, content="v2")
    assert world.alerts() == ["failed", "recovered"]


def test_an_emptied_folder_is_told_as_held_once(world: World) -> None:
    sync(world, 100, WELL)
    for seconds in (200, 300):
        world.at(seconds)
        world.worker.reconcile(ROUTE)
    assert world.alerts() == ["held"]
    assert (last(world).code, last(world).sync_id) == ("FolderEmpty", world.history()[0].sync_id)


def test_a_finding_is_told_as_held_and_again_only_when_it_is_another_one() -> None:
    world = World(checks="block", contents=BROKEN)
    sync(world, 100, WELL)
    sync(world, 200, WELL, content="v2")
    assert world.alerts() == ["held"]
    assert "dags/dag_0.py, line 2" in str(last(world).sentence)
    world.contents = {"airflow/dags/dag_1.py": BROKEN["airflow/dags/dag_0.py"]}
    sync(world, 300, WELL, content="v3")
    assert world.alerts() == ["held", "held"]
    world.contents = {}
    sync(world, 400, WELL, content="v4")
    assert world.alerts() == ["held", "held", "recovered"]


def test_a_held_change_that_is_forced_has_recovered_only_when_its_import_has_ended() -> None:
    world = World(checks="block", contents=BROKEN)
    sync(world, 100, WELL)
    world.commands.request_sync(ROUTE, force=True)
    sync(world, 200, Accepted(202, "request-1", "handle-1", 15))
    assert world.alerts() == ["held"]
    world.progress = ImportSucceeded()
    sync(world, 300, WELL)
    assert world.alerts() == ["held", "recovered"]


def test_a_suspended_route_has_not_recovered() -> None:
    world = World(checks="block", contents=BROKEN)
    sync(world, 100, WELL)
    world.commands.suspend(ROUTE)
    sync(world, 200, WELL)
    assert world.alerts() == ["held"]
    world.commands.resume(ROUTE)
    world.contents = {}
    sync(world, 300, WELL, content="v2")
    assert world.alerts() == ["held", "recovered"]


def remove(world: World, seconds: float, *written: float) -> None:
    """Let the folder have so many files, and look at it twice: deletions are waited out."""
    for later in (0, 10):
        world.at(seconds + later, *written)
        world.worker.reconcile(ROUTE)


def test_removed_files_are_told_by_name_once_they_are_synced(world: World) -> None:
    world.at(100, *range(6))
    world.worker.reconcile(ROUTE)
    remove(world, 200, 0)
    assert world.alerts() == ["removed"]
    assert (last(world).count, last(world).names) == (5, tuple(f"airflow/dags/dag_{n}.py" for n in (1, 2, 3)))


def test_only_files_that_are_newly_gone_are_told(world: World) -> None:
    world.at(100, 0, 1, 2)
    world.worker.reconcile(ROUTE)
    remove(world, 200, 0, 1)
    sync(world, 300, WELL, content="v2")
    remove(world, 400, 0)
    assert world.alerts() == ["removed", "removed"]
    assert last(world).names == ("airflow/dags/dag_1.py",)


def test_a_change_that_comes_too_late_raises_no_alert() -> None:
    assert alerted(RouteState(), RouteState(), NOON, "sync-1", {}) == RouteState()


def test_only_the_newest_news_are_kept_for_a_receiver_that_never_answers(world: World) -> None:
    for n in range(KEPT):
        sync(world, 1000 * (2 * n + 1), AWAY, content=f"v{n}")
        sync(world, 1000 * (2 * n + 2), WELL, content=f"v{n}")
    assert world.alerts() == ["failed", "recovered"] * (KEPT // 2)
    assert last(world).since == NOON + timedelta(seconds=1000 * (2 * KEPT - 1))


def test_long_words_of_arm_are_cut(world: World) -> None:
    sync(world, 1000, ServiceRefusal("x" * 5000, code="BadRequest", status=400))
    assert len(str(last(world).sentence)) == 500


def test_without_a_receiver_no_news_are_kept() -> None:
    world = World(notifies=False)
    sync(world, 1000, AWAY)
    assert world.state().outbox == RouteState().outbox


def test_a_route_that_has_another_target_now_has_not_recovered_before_it_is_synced(world: World) -> None:
    sync(world, 100, REFUSED)
    assert world.alerts() == ["failed"]
    world.at(200, 0, 1)
    world.answer = AWAY
    other = make_route(environment="another")
    world.worker.reconcile(other)
    assert "recovered" not in world.alerts(other)


def test_a_held_route_that_was_suspended_has_not_recovered_when_it_is_resumed_in_a_burst(world: World) -> None:
    world.worker.reconcile(ROUTE)
    world.at(200)
    world.worker.reconcile(ROUTE)
    assert world.alerts() == ["held"]
    world.commands.suspend(ROUTE)
    world.at(300)
    world.worker.reconcile(ROUTE)
    world.commands.resume(ROUTE)
    world.at(400, 399)
    assert world.worker.reconcile(ROUTE).reason == "BurstRunning"
    assert world.alerts() == ["held"]
