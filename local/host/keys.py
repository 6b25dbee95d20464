"""Access keys, and who may call what with them; stored as the host does, as JSON in `azure-webjobs-secrets`.

`<host id>/host.json` has the master key, the function keys that open every function, and the system keys of
extensions; `<host id>/<function>.json` has a function's own. Keys are made when they are first needed.
"""

import hmac
import json
import secrets
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from aiohttp import web
from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError
from azure.storage.blob.aio import ContainerClient

from local.host.storage import create
from local.host.urls import Query

CONTAINER = "azure-webjobs-secrets"
_KEY_BYTES = 40
_Document = dict[str, Any]


class KeyStore:
    """The keys of one app. A document is read once: keys that are changed in storage count after a restart."""

    def __init__(self, container: ContainerClient, host_id: str) -> None:
        self._container = container
        self._host_id = host_id
        self._known: dict[str, _Document] = {}

    async def master_key(self) -> str:
        """Return the key that opens everything."""
        return str((await self._host())["masterKey"]["value"])

    async def system_key(self, name: str) -> str | None:
        """Return an extension's key, or None if there is no such extension."""
        return next((key["value"] for key in (await self._host())["systemKeys"] if key["name"] == name), None)

    async def all_host_keys(self) -> list[str]:
        """Return every key that is not a function's own."""
        host = await self._host()
        return [key["value"] for key in (host["masterKey"], *host["functionKeys"], *host["systemKeys"])]

    async def function_keys(self, function: str) -> list[str]:
        """Return every key that opens a function, the master key aside."""
        own = await self._document(function.lower(), lambda: {"keys": [_key("default")]})
        return [key["value"] for key in (*own["keys"], *(await self._host())["functionKeys"])]

    async def _host(self) -> _Document:
        return await self._document("host", _new_host_document)

    async def _document(self, name: str, make: Callable[[], _Document]) -> _Document:
        if name not in self._known:
            self._known[name] = await self._read_or_create(name, make)
        return self._known[name]

    async def _read_or_create(self, name: str, make: Callable[[], _Document]) -> _Document:
        blob = self._container.get_blob_client(f"{self._host_id}/{name}.json")
        try:
            return _parse(await (await blob.download_blob()).readall())
        except ResourceNotFoundError:
            await create(self._container.create_container())
        document = make()
        try:
            await blob.upload_blob(json.dumps(document, indent=2), overwrite=False)
        except ResourceExistsError:
            # Another process of this app was faster.
            return _parse(await (await blob.download_blob()).readall())
        return document


class Access:
    """Checks callers' keys. With `enabled` off, as on a developer's machine, every caller is an admin."""

    def __init__(self, keys: KeyStore | None, *, enabled: bool) -> None:
        self._keys = keys
        self._enabled = enabled

    async def require_level(self, request: web.Request, level: str, function: str) -> None:
        """Raise 401 unless the caller may run a function of this level."""
        if level == "anonymous" or not self._enabled:
            return
        wanted = [] if level == "admin" else await self._store().function_keys(function)
        if not is_one_of(_given(request), [*wanted, await self._store().master_key()]):
            raise web.HTTPUnauthorized(body=b"")

    async def require_admin(self, request: web.Request) -> None:
        """Raise 401 unless the caller has a key, and 403 unless it is the master key."""
        if self._enabled:
            await self._require(request, [], {"WWW-Authenticate": "Bearer"})

    async def require_system_key(self, request: web.Request, name: str) -> None:
        """Raise 401 unless the caller has a key, and 403 unless it is that of the extension."""
        if self._enabled:
            await self._require(request, [await self._store().system_key(name) or ""], {})

    async def system_key(self, name: str) -> str | None:
        """Return an extension's key, for a caller who was found to be an admin."""
        return await self._store().system_key(name)

    async def _require(self, request: web.Request, keys: list[str], headers: Mapping[str, str]) -> None:
        given = _given(request)
        if is_one_of(given, [key for key in (*keys, await self._store().master_key()) if key]):
            return
        if is_one_of(given, await self._store().all_host_keys()):
            raise web.HTTPForbidden(body=b"")
        raise web.HTTPUnauthorized(body=b"", headers=headers)

    def _store(self) -> KeyStore:
        if self._keys is None:
            raise web.HTTPServiceUnavailable(text="keys need the app setting AzureWebJobsStorage")
        return self._keys


def given_key(headers: Mapping[str, str], query: Query) -> str | None:
    """Return the key that a caller sent; the header wins, even if it is empty."""
    return headers["x-functions-key"] if "x-functions-key" in headers else query.get("code")


def is_one_of(given: str | None, keys: Iterable[str]) -> bool:
    """Compare in a time that tells nothing about the keys."""
    candidate = (given or "").encode()
    matches = [hmac.compare_digest(candidate, key.encode()) for key in keys]
    return any(matches)


def _given(request: web.Request) -> str | None:
    return given_key(request.headers, Query(request.rel_url.raw_query_string))


def _new_host_document() -> _Document:
    return {
        "masterKey": _key("master"),
        "functionKeys": [_key("default")],
        "systemKeys": [_key("blobs_extension"), _key("eventgrid_extension")],
    }


def _key(name: str) -> _Document:
    return {"name": name, "value": secrets.token_urlsafe(_KEY_BYTES), "encrypted": False}


def _parse(text: bytes) -> _Document:
    document: _Document = json.loads(text)
    return document
