import codecs
from dataclasses import replace

import pytest

from shared.folder.checks import LARGEST_FILE, Runtime, Unread
from shared.folder.manifest import Manifest
from shared.storage.documents import Document
from shared.sync.decide import Hold, Skip, Strictness, Sync
from shared.targets.port import Accepted
from tests.unit.world import ROUTE, World

BROKEN = b"from airflow import DAG\ndag = (\n"
FINE = b"from airflow import DAG\nwith DAG('a'):\n    pass\n"
FIRST, SECOND = "airflow/dags/dag_0.py", "airflow/dags/dag_1.py"


def test_a_warning_is_recorded_and_the_sync_goes_on() -> None:
    world = World(checks="warn", contents={FIRST: BROKEN, SECOND: FINE})
    assert isinstance(world.worker.reconcile(ROUTE), Sync)
    (record,) = world.history()
    assert record.outcome == "accepted"
    assert [finding.file for finding in record.findings] == ["dags/dag_0.py"]


def test_a_sync_that_ends_while_its_findings_are_noted_has_ended_in_the_history() -> None:
    world = World(checks="warn", contents={FIRST: BROKEN}, answer=Accepted(202, "request-1", "handle", 5))
    read = world.documents.read

    def read_before_another_worker_asks_adf(name: str) -> Document:
        document = read(name)
        if name.startswith("records/") and world.read:
            world.documents.read = read  # type: ignore[method-assign]
            world.at(110, 0, 1)
            world.worker.reconcile(ROUTE)
        return document

    world.documents.read = read_before_another_worker_asks_adf  # type: ignore[method-assign]
    world.worker.reconcile(ROUTE)
    assert world.state().operation is None
    [record] = world.history()
    assert (record.outcome, [finding.file for finding in record.findings]) == ("succeeded", ["dags/dag_0.py"])


def test_a_blocking_finding_holds_the_sync_and_says_file_and_line() -> None:
    world = World(checks="block", contents={FIRST: BROKEN, SECOND: FINE})
    world.worker.reconcile(ROUTE)
    held = world.state().held
    assert held
    assert held.reason == "ChecksFailed"
    assert "dags/dag_0.py, line 2" in held.sentence
    assert not world.synced


def test_a_held_revision_is_not_checked_again_until_the_folder_changes() -> None:
    world = World(checks="block", contents={FIRST: BROKEN})
    world.worker.reconcile(ROUTE)
    world.contents = {FIRST: FINE}
    world.at(200, 0, 1)
    assert isinstance(world.worker.reconcile(ROUTE), Hold)
    world.at(300, 250, 1, content="v2")
    assert isinstance(world.worker.reconcile(ROUTE), Sync)
    assert world.synced


def test_a_forced_sync_goes_through_in_spite_of_a_finding() -> None:
    world = World(checks="block", contents={FIRST: BROKEN})
    world.worker.reconcile(ROUTE)
    world.commands.request_sync(ROUTE, force=True)
    world.worker.reconcile(ROUTE)
    assert world.synced == [ROUTE]


def test_only_files_that_changed_are_read() -> None:
    world = World(checks="warn", contents={FIRST: FINE, SECOND: FINE})
    world.worker.reconcile(ROUTE)
    world.contents = {FIRST: BROKEN, SECOND: BROKEN}
    world.at(200, 0, 1)
    assert isinstance(world.worker.reconcile(ROUTE), Skip)
    assert len(world.history()) == 1


def test_a_finding_stays_open_until_its_file_is_fixed() -> None:
    world = World(checks="warn", contents={FIRST: BROKEN, SECOND: FINE})
    world.at(100, 0, 0)
    world.worker.reconcile(ROUTE)
    world.at(200, 0, 150, content="v2")
    unchanged, changed = world.folder.files
    world.folder = replace(world.folder, files=(replace(unchanged, content="md5:v1-0", etag="v1-0"), changed))
    world.worker.reconcile(ROUTE)
    assert [finding.file for finding in world.state().findings.first] == ["dags/dag_0.py"]
    assert world.history()[0].findings == ()
    world.contents = {FIRST: b"", SECOND: FINE}
    world.at(300, 250, 150, content="v3")
    world.worker.reconcile(ROUTE)
    assert world.state().findings.count == 0


def test_a_finding_goes_when_another_file_helps() -> None:
    world = World(checks="warn", runtime=Runtime("3.12", "2.10.5", ()))
    world.folder = folder_with(world, "dags/a.py")
    world.contents = {"airflow/dags/a.py": b"import pandas\n" + FINE, "airflow/requirements.txt": b"pandas\n"}
    world.worker.reconcile(ROUTE)
    assert [finding.reason for finding in world.state().findings.first] == ["MissingModule"]
    for seconds in (300, 310):
        world.clock.seconds = seconds
        world.folder = replace(folder_with(world, "dags/a.py", "requirements.txt"), listed_at=world.clock.now())
        world.worker.reconcile(ROUTE)
    assert world.state().findings.count == 0


def test_a_finding_goes_with_its_file() -> None:
    world = World(checks="warn", contents={SECOND: BROKEN})
    world.at(100, 0, 0)
    world.worker.reconcile(ROUTE)
    assert world.state().findings.count == 1
    for seconds in (200, 300):
        world.at(seconds, 0)
        world.worker.reconcile(ROUTE)
    assert world.state().findings.count == 0


def test_off_reads_nothing() -> None:
    world = World(checks="off", contents={FIRST: BROKEN})
    world.worker.reconcile(ROUTE)
    assert world.history()[0].findings == ()


ARCHIVED = Unread("could not be read (BlobArchived); rehydrate it.")
AWAY = Unread("could not be read (ServerBusy).", passing=True)


@pytest.mark.parametrize("unread", [ARCHIVED, AWAY])
def test_in_warn_a_file_that_cannot_be_read_is_a_finding_and_the_sync_goes_on(unread: Unread) -> None:
    world = World(checks="warn", contents={FIRST: unread, SECOND: FINE})
    assert isinstance(world.worker.reconcile(ROUTE), Sync)
    (record,) = world.history()
    assert [(finding.file, finding.reason) for finding in record.findings] == [("dags/dag_0.py", "Unreadable")]
    assert world.synced


def test_in_block_a_file_that_cannot_be_read_holds_the_sync_and_says_what_to_do() -> None:
    world = World(checks="block", contents={FIRST: ARCHIVED, SECOND: FINE})
    world.worker.reconcile(ROUTE)
    held = world.state().held
    assert held
    assert held.sentence == "dags/dag_0.py: The file could not be read (BlobArchived); rehydrate it."
    assert not world.synced


def test_in_block_a_storage_that_may_answer_later_is_a_failure_for_now() -> None:
    world = World(checks="block", contents={FIRST: AWAY, SECOND: FINE})
    world.worker.reconcile(ROUTE)
    failure = world.state().failure
    assert failure
    assert (failure.code, failure.transient, world.synced) == ("FilesUnreadable", True, [])
    assert "dags/dag_0.py could not be read (ServerBusy)" in failure.message
    assert world.leases.take(ROUTE)


@pytest.mark.parametrize("unread", [ARCHIVED, AWAY])
@pytest.mark.parametrize("checks", ["warn", "block"])
def test_a_forced_sync_goes_through_whatever_can_be_read(checks: Strictness, unread: Unread) -> None:
    world = World(checks=checks, contents={FIRST: unread, SECOND: FINE})
    world.commands.request_sync(ROUTE, force=True)
    world.worker.reconcile(ROUTE)
    assert world.synced == [ROUTE]


def test_the_checks_go_by_what_runs_in_the_environment() -> None:
    newer = b"from airflow import DAG\nmatch 1:\n    case 1:\n        pass\n"
    for python, findings in (("3.8", ["NewerPython"]), ("3.12", [])):
        world = World(checks="warn", contents={FIRST: newer}, runtime=Runtime(python, "2.6.3", ()))
        world.worker.reconcile(ROUTE)
        assert [finding.reason for finding in world.history()[0].findings] == findings


def folder_with(world: World, *names: str) -> Manifest:
    first = world.folder.files[0]
    return replace(world.folder, files=tuple(replace(first, name=f"airflow/{name}") for name in sorted(names)))


@pytest.mark.parametrize(
    ("name", "content", "reasons"),
    [
        ("requirements.txt", b"pandas\n", []),
        ("Requirements.TXT", b"pandas\n", []),
        *(("requirements.txt", "pandas\nnumpy\n".encode(name), []) for name in ("utf-8-sig", "utf-16", "utf-32")),
        ("requirements.txt", codecs.BOM_UTF16_BE + "pandas\n".encode("utf-16-be"), []),
        ("requirements.txt", "numpy\n".encode("utf-16"), ["MissingModule"]),
        ("requirements.txt", ARCHIVED, []),
        ("dags/requirements.txt", b"pandas\n", ["MissingModule"]),
        ("dags/.airflowignore", b"^a\\.py", []),
        ("dags/pandas/read.py", b"", []),
    ],
)
def test_files_around_the_changed_ones_are_looked_at(name: str, content: bytes | Unread, reasons: list[str]) -> None:
    world = World(checks="warn", runtime=Runtime("3.12", "2.10.5", ()))
    world.folder = folder_with(world, "dags/a.py", name)
    world.contents = {"airflow/dags/a.py": b"import pandas\n" + FINE, f"airflow/{name}": content}
    world.worker.reconcile(ROUTE)
    assert [finding.reason for finding in world.history()[0].findings] == reasons


def test_a_file_that_is_too_large_is_not_fetched() -> None:
    world = World(checks="block", contents={FIRST: BROKEN})
    world.folder = replace(world.folder, files=(replace(world.folder.files[0], size=LARGEST_FILE + 1),))
    world.worker.reconcile(ROUTE)
    assert [finding.reason for finding in world.history()[0].findings] == ["FileTooLarge"]
