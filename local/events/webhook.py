"""One webhook of the app as Event Grid calls it: handshake first, then deliveries until they are taken.

Pauses are those of a developer's machine, 0.5 to 10 seconds; Event Grid's own begin with 10 seconds and go up to hours.
The statuses it does not try again after are its own (docs, delivery-and-retry).
"""

import asyncio
import json
import logging
import random
from collections.abc import Awaitable, Callable
from uuid import uuid4

from aiohttp import ClientError, ClientSession, ClientTimeout

from local.errors import LocalError
from local.events.options import Schema

_LOG = logging.getLogger("events.webhook")
_ORIGIN = "eventgrid.azure.net"
_TIMEOUT = ClientTimeout(total=30)
_TAKEN = range(200, 300)
_NEVER_TAKEN = {400, 401, 403, 413}
_ATTEMPTS = 30
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.5, 10.0


class Webhook:
    """The webhook of one function. Its key stays in here."""

    def __init__(
        self,
        session: ClientSession,
        url: str,
        function: str,
        key: str,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._session = session
        self._url = url
        self._query = {"functionName": function, "code": key}
        self._sleep = sleep
        self.name = function

    async def shake_hands(self, schema: Schema) -> None:
        """Prove that the webhook wants events, as the schema has it; raise LocalError if it does not."""
        wanted = await (self._validate() if schema == "eventgrid" else self._ask_for_permission())
        if not wanted:
            raise LocalError(f"the webhook of {self.name} does not take events: the handshake failed")

    async def deliver(self, body: bytes, headers: dict[str, str]) -> None:
        """Post an event until it is taken, or never will be."""
        pause = _FIRST_PAUSE_S
        for attempt in range(_ATTEMPTS):
            kind = {"aeg-event-type": "Notification", "aeg-delivery-count": str(attempt)}
            status = await self._post(body, headers | kind)
            if status in _TAKEN:
                return
            if status in _NEVER_TAKEN:
                break
            _LOG.info("%s did not take an event (%s); trying again", self.name, status or "no answer")
            await self._sleep(pause * random.uniform(0.8, 1.2))  # noqa: S311 - nothing to guess here
            pause = min(pause * 2, _LONGEST_PAUSE_S)
        _LOG.warning("an event for %s is given up, the last answer was %s: %.500r", self.name, status, body)

    async def _validate(self) -> bool:
        code = str(uuid4())
        event = {
            "id": str(uuid4()),
            "eventType": "Microsoft.EventGrid.SubscriptionValidationEvent",
            "subject": "",
            "data": {"validationCode": code},
        }
        headers = {"aeg-event-type": "SubscriptionValidation"}
        async with self._session.post(self._url, params=self._query, json=[event], headers=headers) as response:
            return response.ok and _content(await response.text()) == {"validationResponse": code}

    async def _ask_for_permission(self) -> bool:
        headers = {"WebHook-Request-Origin": _ORIGIN}
        async with self._session.options(self._url, params=self._query, headers=headers) as response:
            return response.ok and response.headers.get("WebHook-Allowed-Origin") in {"*", _ORIGIN}

    async def _post(self, body: bytes, headers: dict[str, str]) -> int | None:
        try:
            async with self._session.post(
                self._url, params=self._query, data=body, headers=headers, timeout=_TIMEOUT
            ) as response:
                return response.status
        except (ClientError, TimeoutError):
            return None


def _content(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return None
