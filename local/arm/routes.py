"""The paths that the emulator covers."""

from local.arm import factory, polling, runtimes
from local.arm.sync import sync
from local.arm.targets import FACTORY, RUNTIME, RUNTIMES, Route

_KEY = "(?P<operation>[^/]+)"

ROUTES = (
    Route.of(FACTORY, GET=factory.get),
    Route.of(rf"{FACTORY}/airflow/sync", POST=sync),
    Route.of(rf"{FACTORY}/airflow/sync/operationstatuses/{_KEY}", GET=polling.status),
    Route.of(rf"{FACTORY}/airflow/sync/operationresults/{_KEY}", GET=polling.result),
    Route.of(RUNTIMES, GET=runtimes.listing),
    Route.of(RUNTIME, GET=runtimes.get, PUT=runtimes.put, DELETE=runtimes.delete),
    Route.of(rf"{RUNTIME}/getStatus", POST=runtimes.get_status),
    Route.of(rf"{RUNTIME}/start", POST=runtimes.start),
    Route.of(rf"{RUNTIME}/stop", POST=runtimes.stop),
    Route.of(rf"{RUNTIME}/IntegrationRuntimesSt(?:art|op)/operationresults/{_KEY}", GET=polling.combined),
)
