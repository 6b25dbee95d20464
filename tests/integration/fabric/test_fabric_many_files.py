"""5,000 files of which 4,000 are deleted at once; the job is in this process, since 10,000 calls take long."""

import pytest

from benchmarks.fabric.wire import ORIGIN, Identity, Wire
from shared.targets.fabric import Fabric
from shared.targets.fabric_calls import fabric_caller
from shared.targets.fabric_service import SCOPE, fabric_service
from tests.integration.fabric.conftest import World

FILES, DELETED = 5000, 4000


@pytest.mark.timeout(600)
def test_most_of_many_files_deleted_at_once_are_held_and_deleted_when_that_is_forced() -> None:
    wire = Wire(quota=0)
    world = World(ORIGIN)
    caller = fabric_caller(fabric_service(ORIGIN, SCOPE), Identity())
    vars(caller)["_transport"] = wire
    world.target = Fabric(caller)
    world.start()
    names = [f"dags/t{number % 7}/{number}.py" for number in range(FILES)]
    for name in names:
        world.files[f"airflow/{name}"], world.written[f"airflow/{name}"] = b"x = 1\n", 0.0
    world.sync()
    assert len(wire.held) == FILES
    world.delete(*names[:DELETED])
    held = world.sync().held
    assert held
    assert (held.reason, held.sentence) == (
        "ManyRemoved",
        "4000 of 5000 files are gone, and a sync would delete them from the environment",
    )
    assert wire.calls["DELETE"] == 0
    world.engine.commands.request_sync(world.route, force=True)
    world.sync()
    assert (len(wire.held), wire.calls["DELETE"], wire.calls["PUT"]) == (FILES - DELETED, DELETED, FILES)
