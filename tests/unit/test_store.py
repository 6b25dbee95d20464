import json
from datetime import datetime, timedelta

import pytest

from shared.errors import StateConflict
from shared.sync.state import RouteState
from shared.sync.store import RouteStates
from tests.unit.memory import NOON, Clock, MemoryDocuments, make_route

ROUTE = make_route()


@pytest.fixture
def documents() -> MemoryDocuments:
    return MemoryDocuments(Clock())


def burst(state: RouteState, now: datetime) -> RouteState:
    return state.model_copy(update={"burst_since": now})


def test_a_route_without_a_state_starts_with_an_empty_one(documents: MemoryDocuments) -> None:
    assert RouteStates(documents).read(ROUTE).state == RouteState()


def test_a_state_comes_back_as_it_was_written(documents: MemoryDocuments) -> None:
    written = RouteStates(documents).update(ROUTE, burst)
    assert RouteStates(documents).read(ROUTE).state == written == RouteState(burst_since=NOON)


def test_a_change_that_changes_nothing_writes_nothing(documents: MemoryDocuments) -> None:
    RouteStates(documents).update(ROUTE, lambda state, _: state)
    assert documents.stored == {}


def test_a_change_is_applied_again_to_what_another_worker_wrote_in_between(documents: MemoryDocuments) -> None:
    states = RouteStates(documents)
    stale = states.read(ROUTE)
    states.update(ROUTE, burst)
    seen: list[RouteState] = []

    def change(state: RouteState, now: datetime) -> RouteState:
        seen.append(state)
        return state.model_copy(update={"burst_since": now + timedelta(seconds=1)})

    states.update(ROUTE, change, stale)
    assert seen[-1].burst_since == NOON


def test_a_state_that_others_never_stop_changing_is_given_up(documents: MemoryDocuments) -> None:
    states = RouteStates(documents)

    def race(state: RouteState, now: datetime) -> RouteState:
        documents.stored["routes/default.json"] = (b"{}", f"other-{documents.requests}")
        return burst(state, now)

    with pytest.raises(StateConflict, match="routes/default"):
        states.update(ROUTE, race)


def test_a_state_that_is_deleted_while_it_is_changed_starts_afresh(documents: MemoryDocuments) -> None:
    states = RouteStates(documents)
    states.update(ROUTE, burst)

    def change(state: RouteState, _: datetime) -> RouteState:
        documents.stored.pop("routes/default.json", None)
        return state.model_copy(update={"removed": 7})

    assert states.update(ROUTE, change) == RouteState(removed=7)


def test_what_a_newer_version_of_the_app_wrote_is_read_without_what_is_new(documents: MemoryDocuments) -> None:
    held = {"revision": "r", "reason": "FolderEmpty", "sentence": "s", "since": NOON.isoformat(), "new": 1}
    content = json.dumps({"version": 1, "removed": 7, "held": held, "new": {"a": 1}}).encode()
    documents.write("routes/default.json", content, None)
    state = RouteStates(documents).read(ROUTE).state
    assert state.removed == 7
    assert state.held
    assert state.held.reason == "FolderEmpty"


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"version": 2}', b"\xff\xfe"])
def test_an_unreadable_state_is_kept_aside_and_started_afresh(documents: MemoryDocuments, content: bytes) -> None:
    documents.write("routes/default.json", content, None)
    states = RouteStates(documents)
    assert states.read(ROUTE).state == RouteState()
    assert states.update(ROUTE, burst).burst_since == NOON
    kept = [kept for name, (kept, _) in documents.stored.items() if name.startswith("unreadable/default-")]
    assert kept == [content]
