"""The factory itself, as far as clients ask for it."""

from local.arm.environments import FACTORY_REGION
from local.arm.exchange import Answer, Call
from local.arm.state import Emulator
from local.arm.targets import Target


def get(_emulator: Emulator, _call: Call, target: Target) -> Answer:
    """Show the factory; shaped like the published example of Factories_Get."""
    return Answer(
        body={
            "name": target.factory.name,
            "id": str(target.factory),
            "type": "Microsoft.DataFactory/factories",
            "properties": {
                "provisioningState": "Succeeded",
                "createTime": "2023-08-09T00:00:00.0000000Z",
                "version": "2018-06-01",
            },
            "eTag": '"00004004-0000-0000-0000-64d2d7000000"',
            "location": FACTORY_REGION.replace(" ", "").lower(),
            "tags": {},
        }
    )
