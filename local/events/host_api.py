"""What the app's host tells about its functions and keys."""

import json
from typing import Any

from aiohttp import ClientSession
from azure.core.exceptions import ResourceNotFoundError
from azure.storage.blob.aio import ContainerClient

from local.errors import LocalError

_KEYS = "host.json"
_UNAUTHORIZED = 401


class HostApi:
    """Asks a host's admin API, with the master key from its storage where it wants one."""

    def __init__(self, session: ClientSession, url: str, secrets: ContainerClient) -> None:
        self._session = session
        self._url = url
        self._secrets = secrets

    async def functions(self) -> list[dict[str, Any]]:
        """Return the app's functions with their bindings."""
        functions: list[dict[str, Any]] = await self._get("/admin/functions")
        return functions

    async def system_key(self, extension: str) -> str:
        """Return the key of an extension's webhook."""
        return str((await self._get(f"/admin/host/systemkeys/{extension}_extension"))["value"])

    async def _get(self, path: str) -> Any:  # noqa: ANN401 - any JSON value
        # Without a key first: on a developer's machine none is asked for.
        status, answer = await self._try(path, "")
        for key in await self._master_keys() if status == _UNAUTHORIZED else ():
            if status == _UNAUTHORIZED:
                status, answer = await self._try(path, key)
        if answer is None:
            raise LocalError(f"the host answers {status} to GET {path}")
        return answer

    async def _try(self, path: str, key: str) -> tuple[int, Any]:
        async with self._session.get(self._url + path, headers={"x-functions-key": key}) as response:
            return response.status, await response.json() if response.ok else None

    async def _master_keys(self) -> list[str]:
        """Return the master keys of all apps that keep theirs in this storage; only the host knows which is its own."""
        found = []
        try:
            async for name in self._secrets.list_blob_names():
                if name.endswith(f"/{_KEYS}"):
                    stored = await self._secrets.download_blob(name)
                    found.append(str(json.loads(await stored.readall())["masterKey"]["value"]))
        except ResourceNotFoundError:
            return []
        return found
