"""Asking Airflow after a sync: when it is asked, what is remembered of its answers, and that syncs do not notice."""

from dataclasses import replace
from datetime import timedelta

import azure.functions as func
import pytest

from shared.airflow.evidence import Evidence
from shared.api.metrics import MetricsApi
from shared.errors import ServiceRefusal, ServiceUnavailable
from shared.route import Route
from shared.sync import asking_airflow
from shared.sync.conditions import Condition, conditions
from shared.sync.decide import Sync, Wait
from shared.sync.state import AirflowSummary
from shared.sync.store import LoadedState, RouteStates
from tests.unit.airflow.airflow_in_memory import AirflowInMemory
from tests.unit.http import body_of, request, routes_api
from tests.unit.memory import NOON, Clock, make_route
from tests.unit.world import ROUTE, World

DAG_0, DAG_1 = "airflow/dags/dag_0.py", "airflow/dags/dag_1.py"
SOURCE = 'from airflow import DAG\nDAG("{}")\n'
REFUSED = ServiceRefusal("Forbidden", code="HTTP 403", status=403)
DOWN = ServiceUnavailable("down", code="HTTP 503", status=503)


@pytest.fixture
def airflow() -> AirflowInMemory:
    return AirflowInMemory(Clock(seconds=100))


@pytest.fixture
def world(airflow: AirflowInMemory) -> World:
    world = World(clock=airflow.clock_of_storage, airflow=airflow)
    world.contents = {name: SOURCE.format(name).encode() for name in (DAG_0, DAG_1)}
    return world


def sync(world: World) -> None:
    assert isinstance(world.worker.reconcile(ROUTE), Sync)


def change(world: World, seconds: float, name: str, source: str = "") -> None:
    """Let a file be written ten seconds before a look at the folder."""
    world.at(seconds, *[0] * len(world.folder.files))
    written = NOON + timedelta(seconds=seconds - 10)
    files = (
        replace(file, content=f"md5:{seconds}", etag=str(seconds), modified=written) if file.name == name else file
        for file in world.folder.files
    )
    world.folder = replace(world.folder, files=tuple(files))
    world.contents = {**world.contents, name: (source or SOURCE.format(seconds)).encode()}


def wake(world: World, seconds: float) -> None:
    """Let the wake-up come at that time, with the folder as it was."""
    world.clock.seconds = seconds
    world.worker.reconcile(ROUTE)


def parse(world: World, airflow: AirflowInMemory, *names: str) -> None:
    for name in names:
        content = world.contents[name]
        assert isinstance(content, bytes)
        airflow.dags[name.removeprefix("airflow/dags/")] = content.decode()


def states(world: World) -> dict[str, str]:
    return {name: file.state for name, file in world.engine.airflow_books.read(ROUTE).files.items()}


def summary(world: World) -> AirflowSummary:
    found = world.state().airflow
    assert found is not None
    return found


def parsed(world: World) -> Condition:
    [found] = [condition for condition in conditions(ROUTE, world.state()) if condition.type == "Parsed"]
    return found


def due(world: World) -> list[float]:
    return [(moment - NOON).total_seconds() for _, moment in world.queue.sent]


def test_the_first_look_is_ten_seconds_after_the_sync(world: World, airflow: AirflowInMemory) -> None:
    sync(world)
    assert (airflow.looks, due(world)) == ([], [110])
    assert parsed(world).reason == "Asking"
    parse(world, airflow, DAG_0, DAG_1)
    wake(world, 110)
    assert states(world) == {DAG_0: "Parsed", DAG_1: "Parsed"}
    assert world.state().asking is None
    assert parsed(world).status == "True"


def test_looks_become_rarer_until_the_deadline(world: World, airflow: AirflowInMemory) -> None:
    sync(world)
    while world.state().asking:
        wake(world, due(world)[-1])
    assert airflow.looks == [110, 130, 170, 250, 410, 730, 1000]
    assert states(world) == {DAG_0: "NotSeen", DAG_1: "NotSeen"}
    assert parsed(world).reason == "NotSeen"
    assert "failed silently" in parsed(world).sentence


def test_a_wake_up_that_comes_early_makes_no_look_and_no_further_message(
    world: World, airflow: AirflowInMemory
) -> None:
    sync(world)
    wake(world, 106)
    wake(world, 107)
    assert (airflow.looks, due(world)) == ([], [110])


def test_a_change_meanwhile_is_not_covered_by_the_wake_up_of_a_look(world: World) -> None:
    sync(world)
    world.clock.seconds = 102
    world.wake_ups.notice(ROUTE)
    assert due(world) == [110, 108]


def test_a_look_that_is_not_answered_is_followed_by_the_next_one(world: World, airflow: AirflowInMemory) -> None:
    sync(world)
    airflow.trouble = DOWN
    wake(world, 110)
    assert parsed(world).reason == "Unreachable"
    airflow.trouble = None
    parse(world, airflow, DAG_0, DAG_1)
    wake(world, 130)
    assert parsed(world).status == "True"


def test_a_refusal_ends_the_asking_until_the_next_sync(world: World, airflow: AirflowInMemory) -> None:
    sync(world)
    airflow.trouble = REFUSED
    wake(world, 110)
    assert world.state().asking is None
    assert states(world) == {DAG_0: "Unreachable", DAG_1: "Unreachable"}
    assert parsed(world).sentence == "Airflow could not be asked: HTTP 403: Forbidden"
    airflow.trouble = None
    change(world, 200, DAG_1)
    parse(world, airflow, DAG_0, DAG_1)
    sync(world)
    wake(world, 210)
    assert states(world) == {DAG_0: "Parsed", DAG_1: "Parsed"}


def test_an_import_error_is_told_with_file_line_and_words(world: World, airflow: AirflowInMemory) -> None:
    sync(world)
    parse(world, airflow, DAG_0)
    airflow.errors = {"dag_1.py": '  File "/opt/airflow/dags/dag_1.py", line 2\nNameError: no such name'}
    wake(world, 110)
    words = f"Airflow could not import {DAG_1}, line 2: NameError: no such name"
    assert parsed(world) == Condition("Parsed", "False", "ImportErrors", words, NOON.replace(minute=1, second=50))
    assert world.alerts() == ["importErrors"]


def test_the_sync_stays_what_it_is(world: World, airflow: AirflowInMemory) -> None:
    sync(world)
    airflow.errors = {"dag_0.py": "NameError: no", "dag_1.py": "NameError: no"}
    wake(world, 110)
    ready, *_ = conditions(ROUTE, world.state())
    assert (ready.status, len(world.synced)) == ("True", 1)
    assert [record.outcome for record in world.history()] == ["accepted"]


def test_the_record_of_the_sync_and_the_metrics_have_what_airflow_made_of_it(
    world: World, airflow: AirflowInMemory
) -> None:
    sync(world)
    parse(world, airflow, DAG_0)
    airflow.errors = {"dag_1.py": "NameError: no"}
    wake(world, 110)
    [record] = world.history()
    assert record.airflow == summary(world)
    assert (record.airflow.states, record.airflow.errors) == ({"Parsed": 1, "ImportError": 1}, 1)
    assert record.airflow.seconds == 109
    assert record.summary().import_errors == 1
    metrics = MetricsApi([ROUTE], world.states).show(func.HttpRequest(method="GET", url="/", body=b""))
    lines = metrics.get_body().decode().splitlines()
    assert 'relay_import_errors{route="default"} 1.0' in lines
    assert 'relay_parsed_seconds{route="default"} 109.0' in lines


def test_errors_that_are_gone_are_told_and_only_once(world: World, airflow: AirflowInMemory) -> None:
    sync(world)
    parse(world, airflow, DAG_0)
    airflow.errors = {"dag_1.py": "NameError: no"}
    wake(world, 110)
    airflow.errors = {}
    for seconds in (200, 300):
        change(world, seconds, DAG_1)
        parse(world, airflow, DAG_1)
        sync(world)
        wake(world, seconds + 10)
    assert world.alerts() == ["importErrors", "importErrorsResolved"]


def test_an_error_that_people_know_of_is_not_told_again(world: World, airflow: AirflowInMemory) -> None:
    sync(world)
    parse(world, airflow, DAG_0)
    airflow.errors = {"dag_1.py": "NameError: no"}
    wake(world, 110)
    change(world, 200, DAG_0)
    parse(world, airflow, DAG_0)
    sync(world)
    wake(world, 210)
    assert world.alerts() == ["importErrors"]


def test_a_file_that_did_not_change_and_does_not_load_any_more_is_found(world: World, airflow: AirflowInMemory) -> None:
    sync(world)
    parse(world, airflow, DAG_0, DAG_1)
    wake(world, 110)
    change(world, 200, DAG_1)
    parse(world, airflow, DAG_1)
    sync(world)
    del airflow.dags["dag_0.py"]
    airflow.errors = {"dag_0.py": "ImportError: its helper has changed"}
    wake(world, 210)
    assert states(world) == {DAG_0: "ImportError", DAG_1: "Parsed"}


def test_a_sync_that_overtakes_the_looking_is_asked_about_with_what_is_open(
    world: World, airflow: AirflowInMemory
) -> None:
    sync(world)
    wake(world, 110)
    change(world, 120, DAG_1)
    sync(world)
    parse(world, airflow, DAG_0, DAG_1)
    wake(world, 130)
    assert states(world) == {DAG_0: "Parsed", DAG_1: "Parsed"}
    assert summary(world).states == {"Parsed": 2}


def test_a_look_whose_answer_comes_after_a_newer_sync_changes_nothing(world: World, airflow: AirflowInMemory) -> None:
    sync(world)
    parse(world, airflow, DAG_0, DAG_1)
    original = airflow.look

    def overtaken(*, deadline_s: float) -> object:
        evidence = original(deadline_s=deadline_s)
        airflow.look = original  # type: ignore[method-assign]
        change(world, 112, DAG_1)
        sync(world)
        return evidence

    airflow.look = overtaken  # type: ignore[method-assign,assignment]
    wake(world, 110)
    asking = world.state().asking
    assert asking is not None
    assert (asking.looks, world.state().airflow) == (0, None)


def test_a_wake_up_that_comes_during_a_look_makes_no_other_look(world: World, airflow: AirflowInMemory) -> None:
    sync(world)
    parse(world, airflow, DAG_0, DAG_1)
    world.during_read = lambda: world.worker.reconcile(ROUTE)
    wake(world, 110)
    assert airflow.looks == [110]
    assert parsed(world).status == "True"


def test_of_two_workers_that_find_the_same_look_due_one_makes_it(world: World, airflow: AirflowInMemory) -> None:
    class Overtaken(RouteStates):
        """Lets another worker take the look in the same second, once this one has read that it is due."""

        def read(self, route: Route) -> LoadedState:
            loaded = super().read(route)
            asking = loaded.state.asking
            assert asking is not None
            taken = asking_airflow.look_taken(asking, loaded.read_at)
            world.states.update(route, asking_airflow.taking_look(asking, taken))
            return loaded

    sync(world)
    looks = world.engine.reconciler.airflow_looks
    assert looks is not None
    world.clock.seconds = 110
    replace(looks, states=Overtaken(world.documents)).attend(ROUTE)
    assert airflow.looks == []


def test_a_look_whose_worker_was_lost_is_made_again_later(world: World, airflow: AirflowInMemory) -> None:
    def lost() -> None:
        raise MemoryError

    sync(world)
    parse(world, airflow, DAG_0, DAG_1)
    world.during_read = lost
    with pytest.raises(MemoryError):
        wake(world, 110)
    world.during_read = lambda: None
    wake(world, 198)
    assert airflow.looks == []
    wake(world, 200)
    assert airflow.looks == [200]
    assert parsed(world).status == "True"


class LostError(BaseException):
    """The worker is gone."""


def end_at(world: World, request: str, error: BaseException) -> None:
    """Let a worker's next request of this kind about what Airflow said be its last."""
    real = getattr(world.documents, request)

    def last(name: str, *args: object) -> object:
        if not name.startswith("airflow/"):
            return real(name, *args)
        setattr(world.documents, request, real)
        raise error

    setattr(world.documents, request, last)


def go_on(world: World, first: float) -> None:
    """Let the message come again, and then each wake-up that was sent, when it is due; no sweep comes."""
    wake(world, first)
    while upcoming := [at for at in due(world) if at > world.clock.seconds]:
        wake(world, min(upcoming))


def test_a_look_that_storage_fails_is_made_again_without_a_sweep(world: World, airflow: AirflowInMemory) -> None:
    sync(world)
    parse(world, airflow, DAG_0, DAG_1)
    end_at(world, "read", ConnectionError("storage did not answer"))
    with pytest.raises(ConnectionError):
        wake(world, 110)
    go_on(world, 111)
    assert states(world) == {DAG_0: "Parsed", DAG_1: "Parsed"}


def test_a_look_whose_worker_is_lost_once_the_next_wake_up_is_sent_is_made_again_without_a_sweep(
    world: World, airflow: AirflowInMemory
) -> None:
    sync(world)
    end_at(world, "replace", LostError())
    with pytest.raises(LostError):
        wake(world, 110)
    parse(world, airflow, DAG_0, DAG_1)
    go_on(world, 130)
    assert states(world) == {DAG_0: "Parsed", DAG_1: "Parsed"}


def test_of_two_looks_that_overlap_the_first_to_end_counts(world: World) -> None:
    sync(world)
    due = world.state().asking
    assert due
    later = NOON + timedelta(seconds=200)
    slow = asking_airflow.look_taken(due, NOON + timedelta(seconds=110))
    beside = asking_airflow.look_taken(slow, later)
    found = AirflowSummary(sync_id=due.sync_id, at=later, states={"Pending": 2})
    state = world.state().model_copy(update={"asking": beside})
    told = asking_airflow.airflow_looked(slow, found, asking_airflow.next_look(slow, later))(state, later)
    assert (told.airflow, told.asking and told.asking.looks) == (found, 1)
    assert asking_airflow.airflow_looked(beside, found, None)(told, later) is told


def test_errors_are_not_told_to_be_over_while_airflow_has_not_seen_the_correction(
    world: World, airflow: AirflowInMemory
) -> None:
    sync(world)
    parse(world, airflow, DAG_0)
    airflow.errors = {"dag_1.py": "NameError: no"}
    wake(world, 110)
    assert world.alerts() == ["importErrors"]
    change(world, 200, DAG_1)
    first, second = world.folder.files
    world.folder = replace(world.folder, files=(replace(first, content="md5:new", etag="new"), second))
    sync(world)
    airflow.errors = {}
    parse(world, airflow, DAG_0)
    while world.state().asking:
        wake(world, due(world)[-1])
    assert states(world) == {DAG_0: "Parsed", DAG_1: "NotSeen"}
    assert "importErrorsResolved" not in world.alerts()


def test_an_import_error_that_is_over_at_the_next_look_is_none(world: World, airflow: AirflowInMemory) -> None:
    sync(world)
    airflow.errors = {"dag_1.py": "ModuleNotFoundError: No module named 'helper'"}
    wake(world, 110)
    assert states(world) == {DAG_0: "Pending", DAG_1: "ImportError"}
    airflow.errors = {}
    parse(world, airflow, DAG_0, DAG_1)
    wake(world, 130)
    assert states(world) == {DAG_0: "Parsed", DAG_1: "Parsed"}
    assert (world.state().asking, world.alerts()) == (None, [])


def test_another_target_says_nothing_about_the_errors_of_the_last_one(world: World, airflow: AirflowInMemory) -> None:
    sync(world)
    parse(world, airflow, DAG_0)
    airflow.errors = {"dag_1.py": "NameError: no"}
    wake(world, 110)
    change(world, 200, DAG_1)
    sync(world)
    world.environment = REFUSED
    world.at(211, 0, 1)
    world.worker.reconcile(make_route(environment="another"))
    assert "importErrorsResolved" not in world.alerts()


def test_a_look_that_ends_after_that_of_a_newer_sync_takes_back_no_verdict(
    world: World, airflow: AirflowInMemory
) -> None:
    sync(world)
    parse(world, airflow, DAG_0)
    airflow.errors = {"dag_1.py": "NameError: no"}
    look = airflow.look

    def overtaken(*, deadline_s: float) -> Evidence:
        evidence = look(deadline_s=deadline_s)
        airflow.look = look  # type: ignore[method-assign]
        change(world, 118, DAG_1)
        airflow.errors = {}
        parse(world, airflow, DAG_1)
        sync(world)
        wake(world, 128)
        return evidence

    airflow.look = overtaken  # type: ignore[method-assign]
    wake(world, 110)
    assert states(world) == {DAG_0: "Parsed", DAG_1: "Parsed"}


def test_the_verdict_on_the_version_before_is_not_told_of_the_one_just_synced(
    world: World, airflow: AirflowInMemory
) -> None:
    sync(world)
    parse(world, airflow, DAG_0, DAG_1)
    wake(world, 110)
    change(world, 200, DAG_1)
    sync(world)
    shown = body_of(routes_api(world).file(request(path="dags/dag_1.py")))
    assert (shown["state"], shown["airflow"]["state"]) == ("synced", "Pending")


def test_without_the_setting_airflow_is_not_asked(airflow: AirflowInMemory) -> None:
    world = World()
    assert isinstance(world.worker.reconcile(ROUTE), (Sync, Wait))
    wake(world, 200)
    assert (airflow.looks, world.state().asking) == ([], None)
    assert [condition.type for condition in conditions(ROUTE, world.state())] == ["Ready", "Reconciling", "Stalled"]
