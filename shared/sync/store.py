"""The states of the routes, each a document of its own."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from pydantic import ValidationError

from shared.errors import StateConflict
from shared.route import Route
from shared.storage.documents import Document, Documents
from shared.sync.state import RouteState

log = logging.getLogger(__name__)

_TRIES = 20

Change = Callable[[RouteState, datetime], RouteState]


@dataclass(frozen=True, slots=True)
class LoadedState:
    """A state with the version it was read at, and when that was by the storage's clock."""

    state: RouteState
    etag: str | None
    read_at: datetime


class RouteStates:
    """Reads and changes states; a change is a pure function, because it may have to be applied again."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    def read(self, route: Route) -> LoadedState:
        """Return the route's state; a route that has none yet starts with an empty one."""
        document = self._documents.read(_name(route))
        return LoadedState(self._parse(route, document), document.etag, document.read_at)

    def update(self, route: Route, change: Change, loaded: LoadedState | None = None) -> RouteState:
        """Apply `change` to the latest state and return what it became; `loaded` saves a read if it is the latest.

        Raises StateConflict if others keep changing the state in between.
        """
        for _ in range(_TRIES):
            before = loaded or self.read(route)
            after = change(before.state, before.read_at)
            try:
                if after != before.state:
                    self._documents.write(_name(route), after.model_dump_json(indent=1).encode(), before.etag)
            except StateConflict:
                loaded = None
            else:
                return after
        raise StateConflict(f"the state of route {route.name} changed {_TRIES} times while it was to be written")

    def _parse(self, route: Route, document: Document) -> RouteState:
        if document.content is None:
            return RouteState()
        try:
            return RouteState.model_validate_json(document.content)
        except ValidationError as error:
            version = (document.etag or "").strip('"')
            aside = f"unreadable/{route.name}-{version}.json"
            log.error(  # noqa: TRY400 - the cause is in the document, not in the stack
                "the state of route %s is unreadable (%d problems); kept as %s, starting afresh from the folder",
                route.name,
                error.error_count(),
                aside,
            )
            self._keep(aside, document.content)
            return RouteState()

    def _keep(self, name: str, content: bytes) -> None:
        try:
            self._documents.write(name, content, None)
        except StateConflict:
            return


def _name(route: Route) -> str:
    return f"routes/{route.name}.json"
