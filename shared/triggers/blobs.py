"""What the blob triggers watch and bring: a container for each function, a blob by name and never its bytes."""

import json
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from azurefunctions.extensions.base import Datum, InConverter, SdkType

from shared.route import Route

log = logging.getLogger(__name__)

FIRST_FUNCTION = "on_dag_blob"


@dataclass(frozen=True, slots=True)
class Watch:
    """A container to watch, and the function that is started for its blobs."""

    function_name: str
    connection: str
    container: str


def watches(routes: Sequence[Route]) -> tuple[Watch, ...]:
    """Return the containers that the routes import from, in the operator's order.

    The function of the first is `on_dag_blob`; those of the others carry connection and container in their names,
    which therefore stay the same when routes come and go.
    """
    places = list(dict.fromkeys((route.connection, route.folder.container) for route in routes))
    return tuple(
        Watch(FIRST_FUNCTION if place == places[0] else "-".join((FIRST_FUNCTION, *place)), *place) for place in places
    )


class BlobReference(SdkType):
    """A blob by name; `connection` is the app setting of its storage account.

    `modified` is when it was written, by the storage's clock, None where the host does not say.
    """

    def __init__(self, connection: str, container: str, name: str, modified: datetime | None = None) -> None:
        super().__init__()
        self.connection = connection
        self.container = container
        self.name = name
        self.modified = modified

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
        """Read the host's reference, which is JSON as its metadata are; the worker passes both keywords."""
        if data is None or data.type != "model_binding_data":
            raise ValueError("expected a reference to a blob; does the host support deferred bindings?")
        reference = json.loads(data.value.content)
        place = reference["Connection"], reference["ContainerName"], reference["BlobName"]
        return BlobReference(*place, _modified(trigger_metadata))


def _modified(trigger_metadata: object) -> datetime | None:
    try:
        properties = json.loads(trigger_metadata["Properties"].value)  # type: ignore[index]
        return datetime.fromisoformat(properties["LastModified"]).astimezone(UTC)
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def routes_importing(
    blob: BlobReference, routes: Iterable[Route], account_of: Callable[[str], str | None]
) -> tuple[Route, ...]:
    """Return the routes for which the blob is a file to import; say in the log why there is none.

    Only the reference counts, not the function that was started: the host starts a function for events of any
    container, and a subscription may name a function that watches another one since the routes were changed.
    `account_of` tells which storage account a connection leads to, None where its settings do not tell.
    """
    there = _routes_there(blob, routes, account_of)
    found = tuple(route for route in there if route.folder.imports(blob.container, blob.name))
    if not there:
        log.warning(
            "a blob is ignored, no route imports from container %s of %s: does an old subscription still deliver?",
            blob.container,
            blob.connection,
        )
    elif not found:
        log.info("a blob is ignored, no route imports it: %.500r in container %s", blob.name, blob.container)
    return found


def checks_uploaded(
    blob: BlobReference, routes: Iterable[Route], account_of: Callable[[str], str | None]
) -> tuple[tuple[Route, str], ...]:
    """Return the check that the blob was written for, if it is one, with each route in whose folder it lies."""
    there = _routes_there(blob, routes, account_of)
    found = ((route, route.folder.check_of(blob.container, blob.name)) for route in there)
    return tuple((route, check_id) for route, check_id in found if check_id)


def _routes_there(blob: BlobReference, routes: Iterable[Route], account_of: Callable[[str], str | None]) -> list[Route]:
    """Return the routes that import from the blob's container."""
    accounts = {blob.connection, account_of(blob.connection)} - {None}
    return [
        route
        for route in routes
        if route.folder.container == blob.container
        and not accounts.isdisjoint({route.connection, account_of(route.connection)})
    ]
