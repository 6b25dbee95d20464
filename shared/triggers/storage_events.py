"""Storage events of Event Grid: which of them are hints, and for which routes.

An event is never acted upon, it only says *look now*. So whatever may touch the files of a route counts, and reading an
event too generously costs one listing. One that cannot be read is logged and forgotten: if the function raised, Event
Grid would send it again for a day. Names of types and APIs: docs, event-schema-blob-storage.
"""

import logging
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

import azure.functions as func

from shared.folder.path import FolderPath
from shared.route import Route

log = logging.getLogger(__name__)

CREATED = "Microsoft.Storage.BlobCreated"
DELETED = "Microsoft.Storage.BlobDeleted"

# What a subscription for BlobCreated has to filter `data.api` by: these tell of files that are complete, while
# `CreateFile`, `SftpCreate` and `SftpWrite` come before the content or in the middle of it.
FINISHED_WRITES = ("PutBlob", "PutBlockList", "CopyBlob", "FlushWithClose", "SftpCommit")

# What a subscription for deletions has to include: a file may leave a folder in each of these ways, and after a rename
# no BlobCreated tells of the new name. All but the first exist with a hierarchical namespace only.
RENAMED = ("Microsoft.Storage.BlobRenamed", "Microsoft.Storage.DirectoryRenamed")
TAKING_AWAY = (DELETED, *RENAMED, "Microsoft.Storage.DirectoryDeleted")

_SUBJECT = re.compile(r"/?blobServices/default/containers/([^/]+)/blobs/(.+)", re.DOTALL)
_ACCOUNT = re.compile(r"/.+/storageAccounts/([^/]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class StorageEvent:
    """An event of either schema, as it came and unchecked; `source` should be the ARM id of a storage account."""

    type: object
    source: object
    subject: object
    data: object

    @classmethod
    def of(cls, event: func.EventGridEvent | func.CloudEvent) -> "StorageEvent":
        """Read what the worker made of an event."""
        if isinstance(event, func.CloudEvent):
            return cls(event.type, event.source, event.subject, event.get_json())
        return cls(event.event_type, event.topic, event.subject, event.get_json())

    @property
    def brings_files(self) -> bool:
        """Whether it tells of an upload, or of what is one for the folder."""
        return self.type in {CREATED, *RENAMED}


@dataclass(frozen=True, slots=True)
class Hint:
    """Something may have changed at a path of a container: a blob, or everything in a directory."""

    container: str
    path: str
    is_directory: bool

    def concerns(self, folder: FolderPath) -> bool:
        """Whether files that ADF imports from the folder may have changed."""
        if not self.is_directory:
            return folder.imports(self.container, self.path)
        holds_the_folder = self.container == folder.container and folder.listing_prefix.startswith(f"{self.path}/")
        return holds_the_folder or folder.imports(self.container, f"{self.path}/any")


def routes_hinted_at(
    event: StorageEvent, routes: Iterable[Route], account_of: Callable[[str], str | None]
) -> tuple[Route, ...]:
    """Return the routes that have to look; say in the log why an event is ignored, and never raise for its content.

    `account_of` tells which storage account a connection leads to; None, not to be told, counts as the event's.
    """
    try:
        account, hints = _account(event), _hints(event)
    except ValueError as error:
        log.warning("an event of Event Grid is ignored: %s", error)
        return ()
    hinted = tuple(
        route
        for route in routes
        if account_of(route.connection) in {account, None} and any(hint.concerns(route.folder) for hint in hints)
    )
    if not hinted:
        log.debug("an event of Event Grid is about no route's files: account %.30r, %.500r", account, event.subject)
    return hinted


def checks_deleted(
    event: StorageEvent, routes: Iterable[Route], account_of: Callable[[str], str | None]
) -> tuple[tuple[Route, str], ...]:
    """Return the check whose file the event says is gone, with each route in whose folder it lay."""
    try:
        account, hints = _account(event), _hints(event)
    except ValueError:
        return ()
    if event.type != DELETED:
        return ()
    there = [route for route in routes if account_of(route.connection) in {account, None}]
    found = ((route, route.folder.check_of(hints[0].container, hints[0].path)) for route in there)
    return tuple((route, check_id) for route, check_id in found if check_id)


def _account(event: StorageEvent) -> str:
    found = _ACCOUNT.fullmatch(_text(event.source, "topic or source"))
    if found is None:
        raise ValueError(f"expected the ARM id of a storage account as topic or source, got {event.source!r:.200}")
    return found[1].lower()


def _hints(event: StorageEvent) -> list[Hint]:
    """Return the places that an event is about: its subject, and for a rename also where the file came from."""
    event_type = _text(event.type, "type")
    if event_type not in (CREATED, *TAKING_AWAY):
        raise ValueError(f"expected the type {CREATED} or one that takes files away, got {event_type!r:.100}")
    found = _SUBJECT.fullmatch(_text(event.subject, "subject"))
    if found is None:
        raise ValueError(
            f"expected /blobServices/default/containers/.../blobs/... as subject, got {event.subject!r:.200}"
        )
    places = [(found[1], found[2])]
    source_url = event.data.get("sourceUrl") if isinstance(event.data, Mapping) else None
    if isinstance(source_url, str):
        container, _, path = urlsplit(source_url).path.lstrip("/").partition("/")
        places.append((container, path))
    is_directory = "Directory" in event_type
    # Whether names are percent-encoded is not documented, and a hint may be read both ways.
    return [
        Hint(container, name.rstrip("/") if is_directory else name, is_directory)
        for container, path in places
        for name in (path, unquote(path))
    ]


def _text(value: object, what: str) -> str:
    if not isinstance(value, str):
        raise ValueError(f"expected a text as {what}, got {value!r:.100}")  # noqa: TRY004 - one error for all of it
    return value
