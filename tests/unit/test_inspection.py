from shared.sync.decide import Hold, Skip, Sync
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


def test_off_reads_nothing() -> None:
    world = World(checks="off", contents={FIRST: BROKEN})
    world.worker.reconcile(ROUTE)
    assert world.history()[0].findings == ()
