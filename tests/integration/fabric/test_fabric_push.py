"""A folder kept in step with a Fabric job: what is sent, in which order, how often, and what is left alone."""

from dataclasses import replace
from typing import Any

import pytest

from shared.fabric.names import FabricJob
from shared.sync.baseline import Baseline
from shared.sync.conditions import conditions
from shared.sync.decide import Hold, Skip
from shared.sync.file_status import status_of, status_of_missing
from shared.telemetry.tracing import Trace, continuing
from tests.integration.fabric.conftest import World, make_route

WORKSPACE = "11111111-1111-1111-1111-111111111111"

BUSY: dict[str, Any] = {
    "status": 429,
    "headers": {"Retry-After": "30"},
    "body": {"errorCode": "RequestBlocked", "message": "Later."},
}


def fill(world: World, count: int) -> list[str]:
    names = [f"dags/f{number // 10}/{number}.py" for number in range(count)]
    for number, name in enumerate(names):
        world.write(name, b"x" * number)
    return names


def test_the_job_holds_what_the_folder_holds(world: World) -> None:
    for name, content in {
        "DAGS/a.py": b"1",
        "dags/t/n w.py": b"22",
        "plugins/ü%23#.whl": b"\xff\xfe",
        "dags/empty.py": b"",
    }.items():
        world.write(name, content)
    state = world.sync()
    assert world.held() == {"dags/a.py": 1, "dags/t/n w.py": 2, "plugins/ü%23#.whl": 2, "dags/empty.py": 0}
    assert state.synced
    assert state.synced.revision == world.manifest().revision


def test_one_changed_file_is_one_put_and_at_most_three_other_calls(world: World) -> None:
    fill(world, 20)
    world.sync()
    world.write("dags/f0/3.py", b"changed")
    before = len(world.calls())
    world.sync()
    assert world.calls()[before:] == ["GET /environment", "PUT /files/dags/f0/3.py", "GET /files"]


def test_a_deleted_file_is_one_delete(world: World) -> None:
    fill(world, 3)
    world.sync()
    world.delete("dags/f0/1.py")
    before = len(world.calls())
    world.sync()
    assert world.calls()[before:] == ["GET /environment", "DELETE /files/dags/f0/1.py"]
    assert sorted(world.held()) == ["dags/f0/0.py", "dags/f0/2.py"]


def test_helpers_arrive_before_the_dags_that_need_them(emulator: str) -> None:
    world = World(emulator, at_once=1)
    for name in ("dags/top.py", "dags/t/helper.py", "plugins/p.py"):
        world.write(name)
    world.sync()
    puts = [call for call in world.calls() if call.startswith("PUT")]
    assert puts == ["PUT /files/plugins/p.py", "PUT /files/dags/t/helper.py", "PUT /files/dags/top.py"]


def test_nothing_changed_is_no_call(world: World) -> None:
    fill(world, 2)
    world.sync()
    before = world.calls()
    assert world.look(after=300).reason == "Unchanged"
    assert world.calls() == before


def test_a_throttled_push_gives_the_worker_back_and_goes_on_where_it_was(world: World) -> None:
    names = fill(world, 12)
    world.fault(BUSY, method="PUT", path_contains="/files/dags/f0/7.py")
    world.look(after=100)
    operation = world.state.operation
    assert operation
    assert (operation.next_poll - world.clock.now()).total_seconds() == 30
    assert world.look(after=1).reason == "SyncRunning"
    world.sync(after=30)
    puts = [call for call in world.calls() if call.startswith("PUT")]
    assert set(world.held()) == set(names)
    assert sorted(puts) == sorted([*(f"PUT /files/{name}" for name in names), "PUT /files/dags/f0/7.py"])


def test_without_a_retry_after_the_next_minute_is_waited_for(world: World) -> None:
    fill(world, 1)
    world.fault({"status": 429, "body": {"errorCode": "RequestBlocked", "message": ""}}, method="PUT")
    world.look(after=100)
    assert world.state.operation
    assert (world.state.operation.next_poll - world.clock.now()).total_seconds() == 60


@pytest.mark.parametrize(
    "answer", [{"reset": "after"}, {"reset": "before"}, {"status": 500, "body": "<h1>Oops</h1>"}, {"status": 503}]
)
def test_after_an_unclear_answer_the_job_is_left_alone_and_the_file_sent_again(
    world: World, answer: dict[str, Any]
) -> None:
    fill(world, 1)
    world.fault(answer, method="PUT")
    world.look(after=100)
    assert world.state.operation
    assert (world.state.operation.next_poll - world.clock.now()).total_seconds() == 60
    assert world.sync(after=60).synced
    assert list(world.held()) == ["dags/f0/0.py"]


def test_a_worker_that_ends_midway_costs_one_batch_at_most(emulator: str) -> None:
    world = World(emulator, at_once=1)
    names = fill(world, 40)
    reads: list[int] = []

    def die() -> None:
        reads.append(1)
        if len(reads) == 17:
            raise SystemExit

    world.during_read = die
    with pytest.raises(SystemExit):
        world.look(after=100)
    world.during_read = lambda: None
    world.start()
    assert world.look(after=1).reason == "EnvironmentBusy"
    world.sync(after=200)
    assert set(world.held()) == set(names)
    assert len([call for call in world.calls() if call.startswith("PUT")]) <= 40 + 16
    assert world.state.synced
    assert world.state.synced.revision == world.manifest().revision


def test_a_file_that_changes_while_it_is_pushed_is_pushed_again(world: World) -> None:
    fill(world, 2)

    def change() -> None:
        world.during_read = lambda: None
        world.write("dags/f0/0.py", b"newer")

    world.during_read = change
    world.look(after=100)
    assert world.state.synced
    assert world.state.synced.revision is None
    world.sync()
    assert world.held()["dags/f0/0.py"] == 5
    assert world.state.synced.revision == world.manifest().revision


def test_a_file_that_goes_or_comes_while_others_are_pushed_waits_for_the_next_sync(emulator: str) -> None:
    world = World(emulator, at_once=1)
    fill(world, 3)
    world.fault(BUSY, method="PUT")
    world.look(after=100)
    world.delete("dags/f0/2.py")
    world.write("dags/new.py")
    assert world.look(after=30).reason == "SyncRunning"
    assert set(world.held()) == {"dags/f0/0.py", "dags/f0/1.py"}
    world.sync()
    assert set(world.held()) == {"dags/f0/0.py", "dags/f0/1.py", "dags/new.py"}


def test_files_of_others_are_reported_and_never_touched(world: World) -> None:
    world.theirs("dags/f0/theirs.py")
    world.theirs("dags/alone/theirs.py")
    world.set(fabric_list_folders=True)
    fill(world, 2)
    world.sync()
    world.delete("dags/f0/0.py")
    world.sync()
    assert set(world.held()) == {"dags/alone/theirs.py", "dags/f0/1.py", "dags/f0/theirs.py"}
    assert world.engine.baselines.read(world.route).foreign == ("dags/alone/theirs.py", "dags/f0/theirs.py")


def test_a_file_of_others_with_the_same_path_is_taken_over(world: World) -> None:
    world.theirs("dags/a.py")
    world.write("dags/a.py", b"ours")
    world.sync()
    world.write("dags/b.py")
    world.delete("dags/a.py")
    world.sync()
    assert list(world.held()) == ["dags/b.py"]


def test_deletions_may_be_only_reported(emulator: str) -> None:
    world = World(emulator, make_route(deletes="report"))
    fill(world, 2)
    world.sync()
    world.delete("dags/f0/1.py")
    assert world.sync().removed == 1
    assert set(world.held()) == {"dags/f0/0.py", "dags/f0/1.py"}


def test_an_emptied_folder_waits_for_a_person(world: World) -> None:
    fill(world, 2)
    world.sync()
    world.files.clear()
    decision = world.look(after=100)
    assert isinstance(decision, Hold)
    assert (decision.reason, decision.sentence) == ("FolderEmpty", "all 2 files are gone; a sync would delete them all")
    world.engine.commands.request_sync(world.route, force=True)
    world.sync()
    assert world.held() == {}


def test_most_files_deleted_at_once_wait_for_a_person(world: World) -> None:
    names = fill(world, 50)
    world.sync()
    world.delete(*names[:40])
    held = world.sync().held
    assert held
    assert (held.reason, len(world.held())) == ("ManyRemoved", 50)
    assert isinstance(world.look(after=300), Hold)
    world.engine.commands.request_sync(world.route, force=True)
    world.sync()
    assert len(world.held()) == 10


def test_what_cannot_be_sent_is_named_and_left_out(world: World) -> None:
    world.write("dags/latin.py", b"# \xe9")
    world.write("plugins/large.whl", b"x" * (2 * 1024 * 1024 + 1))
    world.write("plugins/right.whl", b"x" * (2 * 1024 * 1024))
    world.write("dags/a.py", b"1")
    world.write("Dags/a.py", b"2")
    state = world.sync()
    assert set(world.held()) == {"plugins/right.whl", "dags/a.py"}
    assert (state.not_sent, state.synced is not None and state.synced.revision) == (3, world.manifest().revision)
    not_sent = world.engine.baselines.read(world.route).not_sent
    assert {name: version.sentence for name, version in not_sent.items()} == {
        "airflow/dags/latin.py": "not encoded in UTF-8, as Fabric wants text to be",
        "airflow/plugins/large.whl": "larger than the 2097152 bytes that Fabric takes",
        "airflow/Dags/a.py": "airflow/dags/a.py has the same path in the job, dags/a.py",
    }
    assert isinstance(world.look(after=300), Skip)
    world.write("dags/latin.py", b"# e")
    assert world.sync().not_sent == 2


def test_a_sync_without_some_files_says_so_until_they_can_be_sent(world: World) -> None:
    world.write("dags/latin.py", b"# \xe9")
    world.write("dags/a.py")
    state = world.sync()
    ready = conditions(world.route, state)[0]
    assert (ready.status, ready.reason) == ("True", "SyncedInPart")
    assert "but for 1 file that it cannot take" in ready.sentence
    assert state.synced
    record = world.engine.history.read(world.route.name, state.synced.sync_id)
    assert record
    assert [(finding.file, finding.reason, finding.message) for finding in record.findings] == [
        ("dags/latin.py", "NotSent", "not encoded in UTF-8, as Fabric wants text to be")
    ]
    world.write("dags/latin.py", b"# e")
    assert conditions(world.route, world.sync())[0].reason == "Synced"


def test_a_file_that_cannot_be_sent_is_told_as_that(world: World) -> None:
    world.write("dags/latin.py", b"# \xe9")
    state = world.sync()
    [file] = world.manifest().files
    status = status_of(world.route, file, world.engine.baselines.read(world.route), Baseline(), state)
    assert (status.state, status.sentence) == (
        "notSent",
        "the job cannot take this version: not encoded in UTF-8, as Fabric wants text to be",
    )


def test_every_call_of_a_push_belongs_to_the_trace_of_its_wake_up_and_to_its_sync(world: World) -> None:
    fill(world, 12)
    with continuing(Trace.parse(f"00-{'a' * 32}-{'b' * 16}-01")):
        world.sync()
    puts = [entry["headers"] for entry in world.journal() if entry["method"] == "PUT"]
    assert [headers["traceparent"].split("-")[1] for headers in puts] == ["a" * 32] * 12
    assert len({headers["x-ms-correlation-request-id"] for headers in puts}) == 1


def test_a_file_of_the_job_is_told_as_that(world: World) -> None:
    world.write("dags/a.py")
    state = world.sync()
    [file] = world.manifest().files
    baseline = world.engine.baselines.read(world.route)
    assert status_of(world.route, file, baseline, Baseline(), state).sentence == "Fabric took this version"
    gone = status_of_missing(world.route, file.name, baseline)
    assert gone
    assert gone.sentence == "no longer in the folder; the next sync deletes it from the job"


def test_other_bytes_of_the_same_size_are_found_when_the_files_are_read_back(world: World) -> None:
    names = fill(world, 12)
    world.sync()
    world.theirs("dags/f0/3.py", b"yyy")
    world.engine.commands.request_sync(world.route, force=True)
    world.sync()
    assert world.content("dags/f0/3.py") == b"yyy"
    before = len(world.calls())
    sync_id = world.engine.commands.request_sync(world.route, force=False, read_back=True)
    world.sync()
    assert world.content("dags/f0/3.py") == b"xxx"
    calls = world.calls()[before:]
    assert [call for call in calls if call.startswith("PUT")] == ["PUT /files/dags/f0/3.py"]
    assert {call for call in calls if call.startswith("GET /files/")} == {f"GET /files/{name}" for name in names}
    record = world.engine.history.read(world.route.name, sync_id)
    assert record
    assert (record.trigger, record.outcome) == ("VerificationRequested", "succeeded")


def test_reading_back_goes_on_where_a_full_quota_ended_it(world: World) -> None:
    names = fill(world, 9)
    world.sync()
    before = len(world.calls())
    world.fault(BUSY, method="GET", path_contains="/files/dags/f0/5.py")
    world.engine.commands.request_sync(world.route, force=False, read_back=True)
    world.sync()
    reads = [call for call in world.calls()[before:] if call.startswith("GET /files/")]
    assert sorted(reads) == sorted([*(f"GET /files/{name}" for name in names), "GET /files/dags/f0/5.py"])


@pytest.mark.parametrize("position", [404, 500])
def test_a_file_that_another_client_deleted_is_sent_again_before_the_others_are_read_back(
    world: World, position: int
) -> None:
    fill(world, 3)
    world.sync()
    world.set(fabric_missing_get=position)
    world.remove("dags/f0/1.py")
    world.engine.commands.request_sync(world.route, force=False, read_back=True)
    assert world.sync().failure is None
    assert len(world.held()) == 3


def test_a_file_that_is_missing_when_it_is_read_back_is_sent_again(world: World) -> None:
    fill(world, 2)
    world.sync()
    missing = {"status": 404, "body": {"errorCode": "ItemNotFound", "message": "None."}}
    world.fault(missing, method="GET", path_contains="/files/dags/f0/1.py")
    world.engine.commands.request_sync(world.route, force=False, read_back=True)
    assert world.sync().synced
    assert world.calls().count("PUT /files/dags/f0/1.py") == 2


def test_one_refused_file_does_not_stop_the_others(world: World) -> None:
    fill(world, 5)
    world.fault(
        {"status": 400, "body": {"errorCode": "InvalidRequest", "message": "No."}}, method="PUT", path_contains="/2.py"
    )
    failure = world.sync().failure
    assert failure
    assert failure.code == "FilesRefused"
    assert failure.message == "1 files were refused: dags/f0/2.py: InvalidRequest: No."
    assert len(world.held()) == 4
    assert world.look(after=60).reason == "Refused"
    world.sync(after=3600)
    assert len(world.held()) == 5


@pytest.mark.parametrize("position", [404, 500])
def test_a_file_that_is_gone_already_counts_as_deleted(world: World, position: int) -> None:
    fill(world, 2)
    world.sync()
    world.set(fabric_missing_delete=position)
    world.delete("dags/f0/1.py")
    world.fault({"reset": "after"}, method="DELETE")
    world.sync()
    assert list(world.held()) == ["dags/f0/0.py"]
    assert world.state.synced
    assert world.state.synced.revision == world.manifest().revision


@pytest.mark.parametrize(
    "position",
    [
        {"fabric_list_paths": "relative"},
        {"fabric_list_key": "files"},
        {"fabric_list_folders": True},
        {"fabric_page_size": 1},
    ],
)
def test_a_listing_may_have_any_of_its_forms(world: World, position: dict[str, Any]) -> None:
    world.set(**position)
    fill(world, 12)
    state = world.sync()
    assert state.synced
    assert state.synced.revision == world.manifest().revision
    assert world.engine.baselines.read(world.route).foreign == ()


def test_a_file_that_a_listing_does_not_show_is_sent_once_more_and_then_refused(world: World) -> None:
    world.write("dags/a.py", b"1")
    lie = {"status": 200, "body": {"value": [{"filePath": "dags/a.py", "sizeInBytes": 7}]}}
    world.fault(lie, times=None, method="GET", path_contains="/files")
    failure = world.sync().failure
    assert failure
    assert failure.message == "1 files were refused: dags/a.py: Drifted: not in the job as it was sent, twice in a row"
    assert len([call for call in world.calls() if call.startswith("PUT")]) == 2


def test_once_a_day_all_is_looked_at_and_what_is_missing_comes_back(world: World) -> None:
    fill(world, 30)
    world.sync()
    world.set(fabric_role="Admin")
    world.remove("dags/f1/15.py")
    world.theirs("dags/f2/29.py", b"another size")
    assert world.look(after=3600).reason == "Unchanged"
    assert world.look(after=86400).reason == "VerificationDue"
    world.sync(after=1)
    assert (world.held()["dags/f1/15.py"], world.held()["dags/f2/29.py"]) == (15, 29)
    assert world.look(after=10).reason == "Unchanged"


def test_a_folder_that_cannot_be_read_is_tried_again(world: World) -> None:
    fill(world, 1)
    world.unreadable = True
    world.look(after=100)
    assert world.state.operation
    world.unreadable = False
    world.sync(after=20)
    assert len(world.held()) == 1


def test_a_file_of_others_is_not_deleted_where_ours_could_not_be_sent(world: World) -> None:
    world.theirs("dags/latin.py")
    world.write("dags/a.py")
    world.write("dags/latin.py", b"# \xe9")
    world.sync()
    world.delete("dags/latin.py")
    world.sync()
    assert set(world.held()) == {"dags/a.py", "dags/latin.py"}


@pytest.mark.parametrize("status", [429, 400])
def test_a_file_of_others_is_not_deleted_where_ours_was_not_taken(world: World, status: int) -> None:
    world.theirs("dags/b.py")
    world.write("dags/a.py")
    world.write("dags/b.py")
    world.fault({"status": status, "body": {}}, times=None, method="PUT", path_contains="/files/dags/b.py")
    world.look(after=100)
    world.look(after=1)
    world.delete("dags/b.py")
    world.sync()
    world.sync()
    assert (set(world.held()), world.content("dags/b.py")) == ({"dags/a.py", "dags/b.py"}, b"theirs")
    assert world.state.removed == 0


@pytest.mark.parametrize("reset", ["before", "after"])
def test_a_file_whose_call_had_no_clear_end_is_deleted_when_it_is_gone(world: World, reset: str) -> None:
    world.write("dags/a.py")
    world.write("dags/b.py")
    world.fault({"reset": reset}, method="PUT", path_contains="/files/dags/b.py")
    world.look(after=100)
    world.look(after=1)
    world.delete("dags/b.py")
    world.sync()
    world.sync()
    assert set(world.held()) == {"dags/a.py"}


def test_a_file_that_a_lost_worker_sent_is_deleted_when_it_is_gone(world: World) -> None:
    world.write("plugins/first.py")
    world.write("dags/second.py")

    def lose_after_the_first() -> None:
        if world.held():
            raise ConnectionError("the worker was lost")

    world.during_read = lose_after_the_first
    with pytest.raises(ConnectionError):
        world.look(after=100)
    world.during_read = lambda: None
    world.delete("plugins/first.py")
    world.start()
    world.sync(after=400)
    world.sync()
    assert set(world.held()) == {"dags/second.py"}


def test_a_file_that_comes_back_after_a_deletion_without_a_clear_end_is_sent_again(world: World) -> None:
    world.write("dags/a.py")
    world.write("dags/b.py")
    world.sync()
    world.delete("dags/b.py")
    world.fault({"reset": "after"}, method="DELETE", path_contains="/files/dags/b.py")
    world.look(after=100)
    world.look(after=1)
    world.write("dags/b.py")
    world.sync()
    world.sync()
    assert set(world.held()) == {"dags/a.py", "dags/b.py"}


def test_a_file_with_the_path_of_a_folder_leads_to_no_deletion_of_that_folder(world: World) -> None:
    world.write("dags/t")
    world.write("dags/t/a.py")
    world.sync()
    world.delete("dags/t")
    state = world.sync()
    assert "DELETE /files/dags/t" not in world.calls()
    assert state.failure is None


def test_a_push_whose_worker_was_lost_before_it_began_has_not_succeeded(world: World) -> None:
    world.write("dags/a.py")
    write = world.documents.write

    def lose_before_it_is_staged(name: str, content: bytes, etag: str | None) -> str:
        if name.startswith("baselines/orders.staged"):
            world.documents.write = write  # type: ignore[method-assign]
            raise ConnectionError("the worker was lost")
        return write(name, content, etag)

    world.documents.write = lose_before_it_is_staged  # type: ignore[method-assign]
    with pytest.raises(ConnectionError):
        world.look(after=100)
    world.start()
    world.look(after=400)
    history = world.engine.history
    records = [history.read("orders", sync_id) for sync_id in history.ids("orders")]
    assert [record and record.code for record in records] == ["OutcomeUnknown"]
    assert (world.held(), world.state.verified_at) == ({}, None)
    world.sync()
    assert set(world.held()) == {"dags/a.py"}


def test_another_job_is_looked_at_whole_by_the_first_push(world: World) -> None:
    world.write("dags/a.py")
    world.sync()
    verified_at = world.state.verified_at
    assert verified_at
    another = FabricJob(WORKSPACE, "33333333-3333-3333-3333-333333333333")
    world.route = replace(world.route, environment=another)
    world.look(after=100)
    assert world.state.verified_at is None
