"""Who may call what: the authorization levels of the host."""

from aiohttp import web

from local.host.keys import KeyStore, given_key, is_one_of


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
        await self._require(request, wanted)

    async def require_admin(self, request: web.Request) -> None:
        """Raise 401 unless the caller has the master key."""
        if self._enabled:
            await self._require(request, [])

    async def require_system_key(self, request: web.Request, name: str) -> None:
        """Raise 401 unless the caller has an extension's key."""
        if self._enabled:
            await self._require(request, [await self._store().system_key(name) or ""])

    async def system_key(self, name: str) -> str | None:
        """Return an extension's key, for a caller who was found to be an admin."""
        return await self._store().system_key(name)

    async def _require(self, request: web.Request, keys: list[str]) -> None:
        given = given_key(request.headers, request.query)
        accepted = [key for key in (*keys, await self._store().master_key()) if key]
        if not is_one_of(given, accepted):
            raise web.HTTPUnauthorized(body=b"")

    def _store(self) -> KeyStore:
        if self._keys is None:
            raise web.HTTPServiceUnavailable(text="keys need the app setting AzureWebJobsStorage")
        return self._keys
