"""Which containers have to be watched for which routes: one blob trigger for each."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from shared.relay.route import Route

FIRST_FUNCTION = "on_dag_blob"


@dataclass(frozen=True, slots=True)
class Watch:
    """A container to watch, and the routes that import from it."""

    function_name: str
    connection: str
    container: str
    routes: tuple[Route, ...]

    def routes_importing(self, blob_name: str) -> Iterator[Route]:
        """Return the routes for which this blob is a file to import."""
        return (route for route in self.routes if route.folder.imports(self.container, blob_name))


def watches(routes: Sequence[Route]) -> tuple[Watch, ...]:
    """Group the routes by storage account and container, in the operator's order.

    The function of the first is `on_dag_blob`; those of the others carry connection and container in their names,
    which therefore stay the same when routes come and go.
    """
    places = list(dict.fromkeys((route.connection, route.folder.container) for route in routes))
    return tuple(
        Watch(
            FIRST_FUNCTION if place == places[0] else "-".join((FIRST_FUNCTION, *place)),
            *place,
            tuple(route for route in routes if (route.connection, route.folder.container) == place),
        )
        for place in places
    )
