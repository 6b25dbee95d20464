"""What the blob triggers watch and bring: a container for each function, a blob by name and never its bytes."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from azurefunctions.extensions.base import Datum, InConverter, SdkType

from shared.route import Route

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


class BlobReference(SdkType):
    """A blob by name; `connection` is the app setting of its storage account."""

    def __init__(self, connection: str, container: str, name: str) -> None:
        super().__init__()
        self.connection = connection
        self.container = container
        self.name = name

    def get_sdk_type(self) -> "BlobReference":
        """Return the reference itself: it is what the function takes."""
        return self


class BlobReferenceConverter(InConverter, binding="blob", trigger="blobTrigger"):
    """Turns the host's reference to a blob into a BlobReference."""

    @classmethod
    def check_input_type_annotation(cls, pytype: type) -> bool:
        """Whether a parameter of this type is ours."""
        return issubclass(pytype, BlobReference)

    @classmethod
    def decode(cls, data: Datum, *, trigger_metadata: object, pytype: object = None) -> BlobReference:  # noqa: ARG003
        """Read the host's reference, which is JSON; the worker passes both keywords to every converter."""
        if data is None or data.type != "model_binding_data":
            raise ValueError("expected a reference to a blob; does the host support deferred bindings?")
        reference = json.loads(data.value.content)
        return BlobReference(reference["Connection"], reference["ContainerName"], reference["BlobName"])
