"""What a sync asks of the storage: at most 13 requests, and one for each changed file that is checked."""

from shared.sync import transitions
from shared.sync.store import RouteStates
from shared.targets.port import Accepted
from tests.unit.memory import MemoryDocuments
from tests.unit.world import ROUTE, World


def requests_of_a_look(world: World) -> tuple[int, int]:
    """Reconcile; return the requests for documents and listings, and the files that were read."""
    listings: list[None] = []
    world.during_listing = lambda: listings.append(None)
    documents, files = world.documents.requests, len(world.read)
    world.worker.reconcile(ROUTE)
    return world.documents.requests - documents + len(listings), len(world.read) - files


def synced_once() -> World:
    world = World(checks="warn")
    world.worker.reconcile(ROUTE)
    return world


def test_a_sync_takes_thirteen_requests_and_one_for_the_changed_file() -> None:
    world = synced_once()
    world.at(300, 0, 1, 290)
    assert requests_of_a_look(world) == (13, 1)
    assert len(world.synced) == 2


def test_a_sync_of_many_files_takes_as_many_and_one_for_each_file() -> None:
    world = synced_once()
    world.at(300, *range(200, 250), content="v2")
    assert requests_of_a_look(world) == (13, 50)


def test_an_import_that_is_followed_takes_sixteen_requests_to_begin_and_twelve_to_end() -> None:
    world = synced_once()
    world.answer = Accepted(202, "request-2", "handle-1")
    world.at(300, 0, 1, 290)
    assert requests_of_a_look(world) == (16, 1)
    world.at(400, 0, 1, 290)
    assert requests_of_a_look(world) == (12, 0)
    assert world.state().operation is None


def test_a_look_after_one_of_another_instance_reads_what_that_one_wrote() -> None:
    world = synced_once()
    RouteStates(MemoryDocuments(world.clock, world.documents.stored)).update(ROUTE, transitions.suspended())
    world.at(300, 0, 1, 290)
    world.worker.reconcile(ROUTE)
    assert len(world.synced) == 1
    assert world.state().suspended_since


def test_what_another_instance_wrote_meanwhile_is_kept() -> None:
    world = synced_once()
    world.at(300, 0, 1, 290)
    other = RouteStates(MemoryDocuments(world.clock, world.documents.stored))
    world.during_sync = lambda: other.update(ROUTE, transitions.suspended())
    assert requests_of_a_look(world) == (13 + 2, 1)
    assert world.state().suspended_since
    assert world.state().synced
