from datetime import UTC, datetime, timedelta

from shared.api.pages.status.timeline import timeline
from shared.sync.history import Outcome, SyncSummary, Uploads

NOW = datetime(2026, 1, 2, 12, 30, tzinfo=UTC)


def sync(hours_ago: float, outcome: Outcome = "accepted", uploads: Uploads | None = None) -> SyncSummary:
    started = NOW - timedelta(hours=hours_ago)
    return SyncSummary(
        sync_id=f"s-{hours_ago}", outcome=outcome, trigger="Changed", started_at=started, uploads=uploads
    )


def test_a_sync_stands_where_its_time_is_on_a_line_of_a_day() -> None:
    drawn = timeline([sync(0), sync(12), sync(24), sync(25)], None, NOW)
    assert [dot.place for dot in drawn.dots] == [0.0, 50.0, 100.0]


def test_a_sync_looks_like_its_outcome() -> None:
    drawn = timeline([sync(1), sync(2, "running"), sync(3, "held"), sync(4, "refused")], None, NOW)
    assert [dot.look for dot in drawn.dots] == ["bad", "held", "running", "good"]
    assert drawn.sentence == "In the last 24 hours: 4 attempts to sync, 1 of them failed."


def test_uploads_span_from_the_first_to_the_last_file() -> None:
    uploads = Uploads(first=NOW - timedelta(hours=18), last=NOW - timedelta(hours=12))
    (bar,) = timeline([sync(12, uploads=uploads)], None, NOW).bars
    assert (bar.start, bar.width, bar.synced) == (25.0, 25.0, True)


def test_uploads_that_a_failed_sync_did_not_bring_are_not_synced() -> None:
    uploads = Uploads(first=NOW - timedelta(hours=1), last=NOW - timedelta(hours=1))
    (bar,) = timeline([sync(1, "failed", uploads)], None, NOW).bars
    assert not bar.synced
    assert bar.width > 0


def test_what_waits_reaches_until_now_and_begins_at_the_earliest_at_the_edge() -> None:
    (bar,) = timeline([], NOW - timedelta(days=3), NOW).bars
    assert (bar.start, bar.start + bar.width, bar.synced) == (0.0, 100.0, False)


def test_every_third_hour_is_marked() -> None:
    ticks = timeline([], None, NOW).ticks
    assert [tick.text for tick in ticks] == ["12:00", "09:00", "06:00", "03:00", "00:00", "21:00", "18:00", "15:00"]
    assert ticks[0].place == 97.92
