"""The promises as sentences that a simulation either bears out or breaks."""

from itertools import pairwise

from tests.model.simulation import ROUTE, Simulation


def nothing_is_lost(simulation: Simulation) -> None:
    """Promises 1 and 4: the last import took every file as it is now.

    It may have taken more: a file that was written and deleted again while it began, which ADF would keep anyway.
    """
    now = {name: blob.content for name, blob in simulation.cloud.folder.items()}
    if not now:
        return
    assert simulation.cloud.imports, "nothing was ever imported"
    last = simulation.cloud.imports[-1]
    assert now.items() <= last.files.items(), f"the last import took {last.files}, the folder holds {now}"
    synced = simulation.state().synced
    assert synced, "the relay does not know that it synced"
    assert synced.revision == simulation.cloud.list_folder(ROUTE).revision


def never_two_at_once(simulation: Simulation) -> None:
    """Promise 3: no import begins before the one before it has ended."""
    for earlier, later in pairwise(simulation.cloud.imports):
        assert later.began >= earlier.ended, f"{later} began during {earlier}"


def nothing_is_pending(simulation: Simulation) -> None:
    """Once all is calm, nothing waits to be done, and unchanged content has made no call since."""
    assert simulation.cloud.messages == []
    assert simulation.state().pending is None


def one_call(simulation: Simulation) -> None:
    """Promise 2: a burst makes exactly one call."""
    assert len(simulation.cloud.imports) == 1, f"{len(simulation.cloud.imports)} calls for one burst"


def alerts_are_delivered(simulation: Simulation) -> None:
    """Promise 7: no trouble is written down without its news, and the receiver took all news in order."""
    states = simulation.cloud.states
    assert all(state.outbox.alarm for state in states if state.failure or state.held)
    assert simulation.state().outbox.alarm is None, "it has recovered, and nobody was told"
    made = dict.fromkeys(news.id for state in states for news in state.outbox.alerts)
    taken = dict.fromkeys(news.id for news in simulation.cloud.taken)
    assert list(taken) == list(made)
