"""Whether events arrive is told by what sweeps find, and never by an event that is merely late."""

from datetime import timedelta
from typing import Any

import azure.functions as func
import pytest

from shared.adf.imported import check_file
from shared.errors import ServiceRefusal
from shared.sync.arrivals import heard
from shared.sync.conditions import Condition, conditions
from shared.sync.state import EventCheck, RouteState
from shared.targets.port import Accepted
from shared.triggers.blobs import BlobReference, checks_uploaded, routes_importing
from shared.triggers.storage_events import DELETED, StorageEvent, checks_deleted
from tests.unit.memory import NOON, make_route
from tests.unit.world import ROUTE, World

CHECK = "0123456789abcdef"
FILE = f"airflow/{check_file(CHECK)}"
ARM_ID = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/acme"


@pytest.fixture
def world() -> World:
    """A route whose first sync is done: what was there before the app says nothing."""
    world = World(expects_events=True)
    world.worker.reconcile(ROUTE)
    return world


def sweep(world: World) -> None:
    """Sweep, and let a worker answer the wake-up."""
    world.engine.sweep.run()
    world.worker.reconcile(ROUTE)


def arriving(world: World) -> Condition:
    return next(each for each in conditions(ROUTE, world.state(), expects_events=True) if each.type == "EventsArriving")


def upload_unannounced(world: World, minute: int) -> None:
    """Let a sweep find an upload, and let the next one come without an event in between."""
    for later in (0, 300):
        world.at(60 * minute + later, 0, 60 * minute - 30, content=f"minute {minute}")
        sweep(world)


def test_an_upload_that_a_sweep_finds_is_counted_by_the_next_sweep(world: World) -> None:
    world.at(400, 370, content="v2")
    sweep(world)
    assert len(world.synced) == 2
    assert world.state().arrivals.unannounced == 0
    world.at(700, 370, content="v2")
    sweep(world)
    sweep(world)
    assert world.state().arrivals.unannounced == 1
    assert arriving(world).status == "Unknown"


def test_an_event_that_is_on_its_way_when_the_sweep_looks_clears_the_suspicion(world: World) -> None:
    world.at(400, 399, content="v2")
    sweep(world)
    assert world.state().arrivals.suspected
    world.clock.seconds = 403
    world.engine.announcements.upload(ROUTE)
    world.worker.reconcile(ROUTE)
    world.at(700, 399, content="v2")
    sweep(world)
    assert world.state().arrivals.unannounced == 0
    assert (arriving(world).status, arriving(world).reason) == ("True", "Arriving")


def test_an_event_that_comes_within_the_quiet_window_is_not_missed_though_two_sweeps_were_faster(world: World) -> None:
    for seconds in (400, 403):
        world.at(seconds, 0, 399, content="v2")
        sweep(world)
    world.clock.seconds = 404
    world.engine.announcements.upload(ROUTE)
    assert world.state().arrivals.unannounced == 0
    assert arriving(world).status == "True"


def test_an_event_that_comes_while_the_sweeps_worker_lists_raises_no_suspicion(world: World) -> None:
    world.at(400, 380, content="v2")
    world.during_listing = lambda: world.engine.announcements.upload(ROUTE)
    sweep(world)
    assert world.state().arrivals.suspected is None


def test_an_event_between_the_sweep_and_its_worker_raises_no_suspicion(world: World) -> None:
    world.at(400, 380, content="v2")
    world.engine.sweep.run()
    world.engine.announcements.upload(ROUTE)
    world.worker.reconcile(ROUTE)
    assert world.state().arrivals.suspected is None


def test_an_upload_whose_event_was_covered_by_a_wake_up_without_a_note_is_not_suspected(world: World) -> None:
    world.clock.seconds = 400
    world.engine.announcements.upload(ROUTE)
    world.at(403, 402, content="v2")
    world.engine.announcements.upload(ROUTE)
    world.commands.request_sync(ROUTE, force=False)
    world.worker.reconcile(ROUTE)
    sweep(world)
    assert world.state().arrivals.suspected is None


def test_after_two_sweeps_in_a_row_events_do_not_arrive_and_people_are_told_once(world: World) -> None:
    for minute in (10, 20, 30):
        upload_unannounced(world, minute)
    condition = arriving(world)
    assert (condition.status, condition.reason, condition.since) == (
        "False",
        "NotArriving",
        NOON + timedelta(minutes=10),
    )
    assert world.state().arrivals.unannounced == 3
    assert world.alerts() == ["eventsNotArriving"]
    assert world.asked.sent


def test_sweeps_without_a_change_in_between_neither_count_nor_break_the_row(world: World) -> None:
    upload_unannounced(world, 10)
    for _ in range(5):
        world.clock.seconds += 300
        sweep(world)
    upload_unannounced(world, 60)
    assert (arriving(world).reason, world.state().arrivals.unannounced) == ("NotArriving", 2)


def test_the_first_event_makes_it_true_again_and_is_told(world: World) -> None:
    upload_unannounced(world, 10)
    upload_unannounced(world, 20)
    world.clock.seconds = 2000
    world.engine.announcements.upload(ROUTE)
    assert (arriving(world).status, arriving(world).since) == ("True", NOON + timedelta(seconds=2000))
    assert world.alerts() == ["eventsNotArriving", "eventsArriving"]
    assert len({alert.id for alert in world.state().outbox.alerts}) == 2
    assert world.state().outbox.alerts[-1].since == NOON + timedelta(minutes=10)
    assert world.state().arrivals.unannounced == 2


def test_an_event_between_two_unannounced_uploads_breaks_the_row(world: World) -> None:
    upload_unannounced(world, 10)
    world.clock.seconds = 1000
    world.engine.announcements.upload(ROUTE)
    world.worker.reconcile(ROUTE)
    upload_unannounced(world, 30)
    assert (arriving(world).status, world.state().arrivals.unannounced) == ("True", 2)
    assert world.alerts() == []


def test_what_a_requested_sync_finds_says_nothing(world: World) -> None:
    world.at(400, 380, content="v2")
    world.commands.request_sync(ROUTE, force=True)
    world.worker.reconcile(ROUTE)
    for _ in range(2):
        world.clock.seconds += 300
        sweep(world)
    assert world.state().arrivals.unannounced == 0
    assert arriving(world).reason == "NoEventYet"


def test_an_upload_right_after_a_sync_is_found_though_the_sync_may_have_read_it(world: World) -> None:
    for seconds in (102, 400, 700):
        world.at(seconds, 0, 102, content="v2")
        sweep(world)
    assert world.state().arrivals.unannounced == 1


def test_a_sweep_that_meets_another_sync_of_the_environment_speaks_when_its_turn_comes(world: World) -> None:
    world.at(400, 380, content="v2")
    world.engine.sweep.run()
    with_lease = world.leases.take(make_route("neighbour"))
    assert with_lease
    world.worker.reconcile(ROUTE)
    assert world.state().arrivals.suspected is None
    with_lease.release(None)
    world.at(410, 380, content="v2")
    world.worker.reconcile(ROUTE)
    assert world.state().arrivals.suspected


def test_a_worker_that_is_faster_than_the_note_of_the_sweep_counts_as_the_sweeps(world: World) -> None:
    world.at(400, 0, 380, content="v2")
    world.worker.reconcile(ROUTE)
    assert world.state().arrivals.suspected


def test_what_was_there_before_the_first_sync_says_nothing() -> None:
    world = World(expects_events=True)
    sweep(world)
    sweep(world)
    assert len(world.synced) == 1
    assert world.state().arrivals.unannounced == 0


def test_a_deletion_says_nothing(world: World) -> None:
    for seconds in (400, 410, 700):
        world.at(seconds, 0)
        sweep(world)
    assert world.state().arrivals.unannounced == 0


def test_the_same_bytes_written_again_say_nothing(world: World) -> None:
    for seconds in (400, 700):
        world.at(seconds, 390, 1)
        sweep(world)
    assert world.state().arrivals.unannounced == 0


def test_a_change_that_is_refused_is_counted_once_however_often_sweeps_find_it(world: World) -> None:
    world.answer = ServiceRefusal("no such linked service", code="BadRequest", status=400)
    for seconds in (400, 700, 1000, 1300):
        world.at(seconds, 380, content="v2")
        sweep(world)
    assert world.state().arrivals.unannounced == 1


def test_what_sweeps_find_while_a_route_is_suspended_says_nothing(world: World) -> None:
    world.commands.suspend(ROUTE)
    for seconds in (400, 700, 1000):
        world.at(seconds, 380, content="v2")
        sweep(world)
    assert world.state().arrivals.unannounced == 0


def test_a_change_that_an_import_still_works_on_is_counted_once(world: World) -> None:
    world.answer = Accepted(202, "request-2", "handle-1", 15)
    for seconds in (400, 700, 1000):
        world.at(seconds, 380, content="v2")
        sweep(world)
    assert world.state().arrivals.unannounced == 1


def test_where_storage_is_polled_there_is_no_such_condition() -> None:
    world = World()
    world.worker.reconcile(ROUTE)
    upload_unannounced(world, 10)
    upload_unannounced(world, 20)
    assert world.state().arrivals.unannounced == 0
    assert "EventsArriving" not in {condition.type for condition in conditions(ROUTE, world.state())}


def test_a_burst_of_2500_events_costs_no_more_than_before(world: World) -> None:
    before = world.documents.requests
    for _ in range(2500):
        world.engine.announcements.upload(ROUTE)
    assert world.documents.requests - before <= 10


def test_an_event_beside_a_wake_up_of_a_sweep_takes_it_over(world: World) -> None:
    world.clock.seconds = 400
    world.engine.sweep.run()
    pending = world.state().pending
    assert pending
    assert pending.by_sweep
    assert heard(NOON)(world.state(), NOON).pending == pending.model_copy(update={"by_sweep": False})


def test_a_check_is_remembered_with_both_of_its_events_in_any_order_and_arms_nothing(world: World) -> None:
    world.clock.seconds = 400
    world.engine.announcements.check_deleted(ROUTE, CHECK)
    world.engine.announcements.check_uploaded(ROUTE, CHECK)
    world.engine.announcements.check_uploaded(ROUTE, CHECK)
    now = NOON + timedelta(seconds=400)
    assert world.state().arrivals.checks == (EventCheck(id=CHECK, uploaded_at=now, deleted_at=now),)
    assert arriving(world).reason == "Arriving"
    assert (world.queue.sent, world.state().pending) == ([], None)


def test_only_the_latest_checks_are_remembered(world: World) -> None:
    for n in range(20):
        world.engine.announcements.check_uploaded(ROUTE, f"{n:016x}")
    assert [int(check.id, 16) for check in world.state().arrivals.checks] == [15, 16, 17, 18, 19]


def test_the_check_that_succeeds_after_a_repair_ends_the_trouble(world: World) -> None:
    upload_unannounced(world, 10)
    upload_unannounced(world, 20)
    world.engine.announcements.check_uploaded(ROUTE, CHECK)
    assert arriving(world).status == "True"
    assert world.alerts() == ["eventsNotArriving", "eventsArriving"]


@pytest.mark.parametrize("folder", ["files/airflow", "files", "dags"])
def test_the_file_of_a_check_is_imported_by_no_route_and_recognised_by_its_own(folder: str) -> None:
    route = make_route(folder=folder)
    name = f"{route.folder.listing_prefix}{check_file(CHECK)}"
    blob = BlobReference(route.connection, route.folder.container, name)
    assert routes_importing(blob, [route], lambda _: "acme") == ()
    assert checks_uploaded(blob, [route, make_route("other", folder="files/other")], lambda _: "acme") == (
        (route, CHECK),
    )


@pytest.mark.parametrize(
    "name",
    [
        "airflow/dag-relay-check-0123.tmp",
        f"airflow/sub/{check_file(CHECK)}",
        check_file(CHECK),
        f"{FILE}x",
        FILE.upper(),
        "airflow/dags/a.py",
    ],
)
def test_any_other_name_is_no_check(name: str) -> None:
    assert checks_uploaded(BlobReference("AzureWebJobsStorage", "files", name), [ROUTE], lambda _: "acme") == ()


def event(kind: str, subject: Any) -> StorageEvent:  # noqa: ANN401 - whatever a sender writes
    return StorageEvent.of(
        func.EventGridEvent(
            id="1", data={}, topic=ARM_ID, subject=subject, event_type=kind, event_time=None, data_version="1"
        )
    )


def test_a_deletion_of_the_file_of_a_check_is_recognised() -> None:
    subject = f"/blobServices/default/containers/files/blobs/{FILE}"
    assert checks_deleted(event(DELETED, subject), [ROUTE], lambda _: "acme") == ((ROUTE, CHECK),)
    assert checks_deleted(event(DELETED, subject), [ROUTE], lambda _: "other") == ()
    assert checks_deleted(event("Microsoft.Storage.BlobRenamed", subject), [ROUTE], lambda _: "acme") == ()
    assert checks_deleted(event(DELETED, 5), [ROUTE], lambda _: "acme") == ()


@pytest.mark.parametrize(
    ("kind", "brings"),
    [
        ("BlobRenamed", True),
        ("DirectoryRenamed", True),
        ("BlobCreated", True),
        ("BlobDeleted", False),
        ("DirectoryDeleted", False),
    ],
)
def test_a_rename_tells_of_files_that_are_new_in_the_folder(kind: str, brings: bool) -> None:  # noqa: FBT001
    assert event(f"Microsoft.Storage.{kind}", "").brings_files is brings


def test_a_state_of_an_older_version_starts_unknown() -> None:
    state = RouteState.model_validate_json(
        '{"version": 1, "pending": {"since": "2026-01-01T12:00:00Z", "due": "2026-01-01T12:00:06Z"}}'
    )
    assert [each.reason for each in conditions(ROUTE, state, expects_events=True)][-1] == "NoEventYet"
