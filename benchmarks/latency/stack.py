"""A stack to measure on, started for a benchmark."""

from collections.abc import Iterator
from contextlib import contextmanager

from azure.storage.blob import ContainerClient

from benchmarks.latency.measure import CONTAINER, Watched
from benchmarks.logs import log_of
from local.events.options import Events
from local.functions_host import HostName
from local.stack import Plan, running


@contextmanager
def watched_stack(events: Events | None, host: HostName = "standin") -> Iterator[Watched]:
    """Start the local stack with the shipped settings and make everything once; `events` None is polling."""
    plan = Plan(0, 0, 0, events=events, host=host)
    with log_of("stack") as log, running(plan, log) as stack:
        with ContainerClient.from_connection_string(stack.addresses.connection_string, CONTAINER) as container:
            container.create_container()
        watched = Watched(stack.addresses)
        # The first round makes and imports everything.
        watched.sync(1, -1)
        yield watched
