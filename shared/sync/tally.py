"""How many syncs of a route ended in which way, and how long its changes took: a histogram in its state."""

from pydantic import Field

from shared.storage.documents import StoredModel

# As in the history, less what has not ended, and messages that no attempt came of.
OUTCOMES = ("accepted", "succeeded", "held", "failed", "refused", "unchanged")

# Upper bounds in seconds; beyond the last one there is one more bucket.
_BOUNDS = (5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600)
_BEYOND = "+Inf"


class Ending(StoredModel):
    """How a sync ended; `seconds` is how old the oldest change was that it brought, None where it brought none."""

    outcome: str
    seconds: float | None = None


class Tally(StoredModel):
    """The numbers, which only grow while the state lives, and the end that was counted last."""

    outcomes: dict[str, int] = Field(default_factory=dict)
    seconds: float = 0.0
    buckets: dict[str, int] = Field(default_factory=dict)
    latest: Ending | None = None

    def plus(self, outcome: str, seconds: float | None = None) -> "Tally":
        """Return the tally with one more end; `seconds` is how old its oldest change was, None without one."""
        outcomes = _one_more(self.outcomes, outcome)
        latest = Ending(outcome=outcome, seconds=seconds)
        if seconds is None:
            return self.model_copy(update={"outcomes": outcomes, "latest": latest})
        bucket = next((str(bound) for bound in _BOUNDS if seconds <= bound), _BEYOND)
        buckets = _one_more(self.buckets, bucket)
        return Tally(outcomes=outcomes, seconds=self.seconds + seconds, buckets=buckets, latest=latest)

    def cumulated(self) -> list[tuple[str, int]]:
        """Return the buckets as Prometheus has them: each bound with the count of all that took no longer."""
        count, found = 0, []
        for bound in (*map(str, _BOUNDS), _BEYOND):
            count += self.buckets.get(bound, 0)
            found.append((bound, count))
        return found


def _one_more(counts: dict[str, int], name: str) -> dict[str, int]:
    return counts | {name: counts.get(name, 0) + 1}
