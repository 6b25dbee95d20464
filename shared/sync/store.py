"""The states of the routes, each a document of its own."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from pydantic import ValidationError

from shared.errors import StateConflict
from shared.route import Route
from shared.storage.documents import Document, Documents, update
from shared.sync.state import RouteState

log = logging.getLogger(__name__)

# What the names of the documents start with.
STATES = "routes/"

Transition = Callable[[RouteState, datetime], RouteState]


@dataclass(frozen=True, slots=True)
class LoadedState:
    """A state and the document that it was read from."""

    state: RouteState
    document: Document

    @property
    def read_at(self) -> datetime:
        """When it was read, by the storage's clock."""
        return self.document.read_at


class RouteStates:
    """Reads and changes states; a transition is a pure function, because it may have to be applied again."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    def read(self, route: Route) -> LoadedState:
        """Return the route's state; a route that has none yet starts with an empty one."""
        document = self._documents.read(_name(route))
        return LoadedState(self._parse(route, document), document)

    def read_all(self, routes: Iterable[Route]) -> dict[str, LoadedState]:
        """Return the states of the routes by name, from one listing of 5,000 of them, which says when it was made."""
        documents = self._documents.read_all(STATES)
        found: dict[str, LoadedState] = {}
        for route in routes:
            document = documents.get(_name(route))
            if document is None:
                document = Document(None, None, self.time(route))
            found[route.name] = LoadedState(self._parse(route, document), document)
        return found

    def recall(self, route: Route) -> LoadedState | None:
        """Return the state as this process wrote it last, without a request; None where it does not know it."""
        document = self._documents.recall(_name(route))
        return LoadedState(self._parse(route, document), document) if document else None

    def time(self, route: Route) -> datetime:
        """Return the storage's time, never too late; it is asked for if nothing has told it of late."""
        return self._documents.time() or self.read(route).read_at

    def update(self, route: Route, transition: Transition, loaded: LoadedState | None = None) -> RouteState:
        """Apply the transition to the latest state and return the result; `loaded` saves a read if it is the latest.

        Raises StateConflict after too many concurrent updates.
        """
        return self.exchange(route, transition, loaded)[1]

    def exchange(
        self, route: Route, transition: Transition, loaded: LoadedState | None = None
    ) -> tuple[RouteState, RouteState]:
        """Apply the transition as `update` does; return the state before it and the state after it."""

        def change(document: Document) -> tuple[bytes | None, tuple[RouteState, RouteState]]:
            before = self._parse(route, document)
            after = transition(before, document.read_at)
            return None if after == before else after.model_dump_json(indent=1).encode(), (before, after)

        return update(self._documents, _name(route), change, loaded.document if loaded else None)

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
    return f"{STATES}{route.name}.json"
