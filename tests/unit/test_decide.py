"""The whole table: state and folder in, decision out. Times are seconds after noon, quiet is 5 s, longest is 60 s."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.folder.manifest import Manifest
from shared.sync.decide import Hold, Policy, Poll, Skip, Sync, Wait, decide
from shared.sync.state import Failure, Held, Requested, RouteState, RunningSync, Seen, Synced
from tests.unit.memory import NOON, make_manifest

POLICY = Policy(quiet=timedelta(seconds=5), longest_wait=timedelta(seconds=60))
EMPTY = make_manifest(listed=0)


def synced(revision: str) -> RouteState:
    return RouteState(synced=Synced(revision=revision, listed_at=NOON, files=3, sync_id="id"))


def failed(revision: str, *, transient: bool, next_attempt: float) -> RouteState:
    at = NOON + timedelta(seconds=next_attempt)
    failure = Failure(
        sync_id="id",
        revision=revision,
        transient=transient,
        count=1,
        at=NOON,
        next_attempt=at,
        code="Code",
        message="why",
    )
    return RouteState(failure=failure)


def test_a_folder_that_never_had_files_is_skipped() -> None:
    assert decide(RouteState(), EMPTY, POLICY) == Skip("NothingToImport", "the folder holds no files yet")


def test_a_folder_that_lost_all_its_files_is_held() -> None:
    decision = decide(synced("sha256:before"), EMPTY, POLICY)
    assert isinstance(decision, Hold)
    assert decision.reason == "FolderEmpty"


def test_what_was_synced_last_is_skipped_even_while_it_is_written_again() -> None:
    manifest = make_manifest(100, listed=100)
    decision = decide(synced(manifest.revision), manifest, POLICY)
    assert isinstance(decision, Skip)
    assert decision.reason == "Unchanged"


@pytest.mark.parametrize("listed", [6, 7, 1000])
def test_a_folder_that_has_certainly_been_quiet_is_synced(listed: float) -> None:
    decision = decide(RouteState(), make_manifest(0, listed=listed), POLICY)
    assert isinstance(decision, Sync)
    assert decision.reason == "Changed"


@pytest.mark.parametrize(("listed", "delay"), [(0, 6), (3, 3), (5, 1)])
def test_a_folder_that_may_not_be_quiet_is_waited_for_until_it_certainly_would_be(listed: float, delay: float) -> None:
    decision = decide(RouteState(), make_manifest(0, listed=listed), POLICY)
    assert isinstance(decision, Wait)
    assert (decision.reason, decision.delay) == ("BurstRunning", timedelta(seconds=delay))
    assert decision.burst_since == NOON


def test_a_burst_is_synced_once_it_is_certainly_longer_than_the_longest_wait() -> None:
    state = RouteState(burst_since=NOON)
    assert isinstance(decide(state, make_manifest(60, listed=60), POLICY), Wait)
    decision = decide(state, make_manifest(61, listed=61), POLICY)
    assert isinstance(decision, Sync)
    assert decision.reason == "LongestWaitOver"


def test_the_wait_is_cut_short_where_the_longest_wait_ends() -> None:
    decision = decide(RouteState(burst_since=NOON), make_manifest(59, listed=59), POLICY)
    assert isinstance(decision, Wait)
    assert decision.delay == timedelta(seconds=2)


def test_files_from_long_before_do_not_make_a_new_burst_an_old_one() -> None:
    assert isinstance(decide(RouteState(), make_manifest(-5000, 0, 3, listed=4), POLICY), Wait)


def test_after_a_failure_for_now_nothing_is_tried_before_its_time_not_even_a_change() -> None:
    decision = decide(failed("sha256:other", transient=True, next_attempt=130), make_manifest(0, listed=100), POLICY)
    assert isinstance(decision, Wait)
    assert (decision.reason, decision.delay) == ("BackingOff", timedelta(seconds=30))


def test_a_wait_ends_when_a_listing_shows_that_it_has() -> None:
    """A listing's time is whole seconds: a wake-up within the second would only look, and wait again at once."""
    decision = decide(failed("sha256:other", transient=True, next_attempt=100.4), make_manifest(0, listed=100), POLICY)
    assert isinstance(decision, Wait)
    assert decision.delay == timedelta(seconds=1)


def test_after_a_failure_for_now_the_next_attempt_comes_in_time() -> None:
    state = failed("sha256:other", transient=True, next_attempt=100)
    assert isinstance(decide(state, make_manifest(0, listed=100), POLICY), Sync)


def test_a_refused_revision_is_not_tried_again_before_its_time() -> None:
    manifest = make_manifest(0, listed=100)
    decision = decide(failed(manifest.revision, transient=False, next_attempt=3600), manifest, POLICY)
    assert isinstance(decision, Skip)
    assert decision.reason == "Refused"


def test_a_change_after_a_refusal_is_tried_at_once() -> None:
    state = failed("sha256:other", transient=False, next_attempt=3600)
    assert isinstance(decide(state, make_manifest(0, listed=100), POLICY), Sync)


def test_a_refused_revision_is_tried_again_when_its_time_has_come() -> None:
    manifest = make_manifest(0, listed=3600)
    assert isinstance(decide(failed(manifest.revision, transient=False, next_attempt=3600), manifest, POLICY), Sync)


def test_a_deletion_waits_for_a_pause_since_the_folder_was_first_seen_like_this() -> None:
    manifest = make_manifest(-100, listed=50)
    state = synced("sha256:before")
    first = decide(state, manifest, POLICY)
    assert isinstance(first, Wait)
    assert first.delay == timedelta(seconds=6)
    seen = Seen(revision=manifest.revision, at=NOON + timedelta(seconds=44))
    assert isinstance(decide(state.model_copy(update={"seen": seen}), manifest, POLICY), Sync)


def test_deleting_without_a_pause_is_synced_after_the_longest_wait() -> None:
    state = synced("sha256:before").model_copy(update={"burst_since": NOON})
    assert isinstance(decide(state, make_manifest(-100, listed=60), POLICY), Wait)
    assert isinstance(decide(state, make_manifest(-100, listed=61), POLICY), Sync)


def running(next_poll: float) -> RouteState:
    operation = RunningSync(
        sync_id="id",
        revision="sha256:running",
        listed_at=NOON,
        files=1,
        handle="handle",
        next_poll=NOON + timedelta(seconds=next_poll),
        give_up_at=NOON + timedelta(seconds=1800),
    )
    return RouteState(operation=operation)


def test_a_running_sync_is_asked_about_when_its_time_has_come_and_nothing_else_is_done() -> None:
    forced = Requested(sync_id="id-2", force=True, at=NOON)
    state = running(next_poll=30).model_copy(update={"requested": forced, "suspended_since": NOON})
    early = decide(state, make_manifest(0, listed=20), POLICY)
    assert isinstance(early, Wait)
    assert (early.reason, early.delay) == ("SyncRunning", timedelta(seconds=10))
    assert isinstance(decide(state, make_manifest(0, listed=30), POLICY), Poll)


def asked(state: RouteState, *, force: bool) -> RouteState:
    return state.model_copy(update={"requested": Requested(sync_id="id-2", force=force, at=NOON)})


def test_a_suspended_route_does_nothing_even_when_asked() -> None:
    state = asked(RouteState(suspended_since=NOON), force=True)
    assert decide(state, make_manifest(0, listed=100), POLICY) == Skip("Suspended", "the route is suspended")


@pytest.mark.parametrize("manifest", [EMPTY, make_manifest(0, listed=0), make_manifest(0, listed=100)])
def test_a_forced_sync_asks_neither_for_content_nor_for_a_pause(manifest: Manifest) -> None:
    decision = decide(asked(synced(manifest.revision), force=True), manifest, POLICY)
    assert isinstance(decision, Sync)
    assert decision.reason == "Forced"


@pytest.mark.parametrize("transient", [True, False])
def test_a_sync_that_is_asked_for_does_not_wait_for_the_back_off(transient: bool) -> None:  # noqa: FBT001
    manifest = make_manifest(0, listed=100)
    state = failed(manifest.revision, transient=transient, next_attempt=3600)
    assert isinstance(decide(asked(state, force=False), manifest, POLICY), Sync)


def test_what_the_checks_held_stays_held_until_it_changes_or_the_checks_no_longer_hold() -> None:
    manifest = make_manifest(0, listed=100)
    state = RouteState(held=Held(revision=manifest.revision, reason="ChecksFailed", sentence="why", since=NOON))
    strict = replace(POLICY, dag_checks="block")
    assert decide(state, manifest, strict) == Hold("ChecksFailed", "why")
    assert isinstance(decide(state, manifest, POLICY), Sync)
    assert isinstance(decide(state, make_manifest(0, listed=100, content="v2"), strict), Sync)
