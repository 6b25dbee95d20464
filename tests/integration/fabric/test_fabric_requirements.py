"""Requirements that change while they are deployed: the last version is the one that counts."""

from tests.integration.fabric.conftest import World, make_route
from tests.waiting import until


def test_requirements_that_change_during_their_deployment_are_deployed_again(emulator: str) -> None:
    world = World(emulator, make_route(requirements="deploy"))
    world.set(provisioning_seconds=1, retry_after=20)
    world.write("dags/a.py")
    world.write("requirements.txt", b"pandas\n")
    world.look(after=100)
    assert world.state.operation
    world.write("requirements.txt", b"polars\n")
    until(lambda: world.libraries() == ["pandas"], "the first deployment")
    world.set(provisioning_seconds=0)
    world.sync(after=30)
    world.sync()
    assert world.calls().count("POST /environment/deployRequirements") == 2
    assert world.libraries() == ["polars"]


def test_requirements_that_are_written_again_before_they_are_read_are_deployed_once(emulator: str) -> None:
    world = World(emulator, make_route(requirements="deploy"))
    world.set(provisioning_seconds=0)
    world.write("requirements.txt", b"pandas\n")

    def write_again() -> None:
        world.during_read = lambda: None
        world.write("requirements.txt", b"pandas\n")

    world.during_read = write_again
    for _ in range(3):
        world.sync()
    assert world.state.synced
    assert world.state.synced.revision == world.manifest().revision
    assert world.calls().count("POST /environment/deployRequirements") == 1
