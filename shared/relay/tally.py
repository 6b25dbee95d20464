"""How a route's syncs ended, counted in its state: so that the count is the same whichever instance is asked."""

from datetime import datetime

from shared.relay.state import Ending, RouteState, Tally

# Upper bounds in seconds; beyond the last one there is one more bucket.
BOUNDS = (5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600)
BEYOND = "+Inf"

# As in the history, less what has not ended, and messages that no attempt came of.
OUTCOMES = ("accepted", "succeeded", "held", "failed", "refused", "unchanged")


def counted(state: RouteState, outcome: str, now: datetime | None = None) -> Tally:
    """Return the tally with one more end; `now` is when ADF took the oldest change, None where it took none."""
    tally = state.tally
    outcomes = tally.outcomes | {outcome: tally.outcomes.get(outcome, 0) + 1}
    if now is None or state.behind_since is None:
        latest = Ending(outcome=outcome)
        return tally.model_copy(update={"outcomes": outcomes, "latest": latest})
    seconds = max(0.0, (now - state.behind_since).total_seconds())
    bucket = next((str(bound) for bound in BOUNDS if seconds <= bound), BEYOND)
    return Tally(
        outcomes=outcomes,
        seconds=tally.seconds + seconds,
        buckets=tally.buckets | {bucket: tally.buckets.get(bucket, 0) + 1},
        latest=Ending(outcome=outcome, seconds=seconds),
    )


def cumulated(tally: Tally) -> list[tuple[str, int]]:
    """Return the buckets as Prometheus has them: each bound with the count of all that took no longer."""
    count, found = 0, []
    for bound in (*map(str, BOUNDS), BEYOND):
        count += tally.buckets.get(bound, 0)
        found.append((bound, count))
    return found
