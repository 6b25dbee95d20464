"""Output bindings: what functions return or set goes into queues and blobs, which are made when they are missing."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import uuid4

from azure.core.exceptions import ResourceNotFoundError

from local.host import queue_messages
from local.host.functions import Function, Output
from local.host.protos import TypedData
from local.host.storage import Account, Accounts, create
from local.host.worker import Outcome

_EXPRESSION = re.compile(r"\{([\w.-]+)\}")


class Outputs:
    """Sends the outputs of invocations."""

    def __init__(self, accounts: Accounts, *, base64_messages: bool) -> None:
        self._accounts = accounts
        self._base64 = base64_messages

    async def send(self, function: Function, outcome: Outcome, metadata: Mapping[str, TypedData]) -> None:
        """Send everything that an invocation set; raise if a path cannot be filled in or storage refuses."""
        for output in function.outputs:
            data = outcome.return_value if output.name == "$return" else outcome.outputs.get(output.name)
            if data is not None and data.WhichOneof("data") is not None:
                await self._send(output, fill_in(output.path, metadata), data)

    async def _send(self, output: Output, path: str, data: TypedData) -> None:
        account = self._accounts.get(output.connection)
        if output.kind == "blob":
            await _write_blob(account, path, _bytes(data))
            return
        for body in messages(data):
            await queue_messages.send(
                account.queue(path.lower()), queue_messages.encode(body, base64_encoded=self._base64)
            )


def fill_in(path: str, metadata: Mapping[str, TypedData]) -> str:
    """Put values in the place of `{name}`: the trigger's, `{rand-guid}` or `{datetime}`."""

    def value(match: re.Match[str]) -> str:
        name = match[1]
        if name.lower() == "rand-guid":
            return str(uuid4())
        if name.lower() == "datetime":
            return datetime.now(UTC).strftime("%Y-%m-%dT%H-%M-%SZ")
        if name not in metadata:
            raise ValueError(f"the path {path!r} needs {{{name}}}, which the trigger does not have")
        return _bytes(metadata[name]).decode()

    return _EXPRESSION.sub(value, path)


def messages(data: TypedData) -> list[bytes]:
    """Return the messages of a queue output: one, or one for each element of a JSON list."""
    if data.WhichOneof("data") != "json":
        return [_bytes(data)]
    content = json.loads(data.json)
    return [_message(each) for each in (content if isinstance(content, list) else [content])]


def _message(content: object) -> bytes:
    # The worker writes a QueueMessage as {"id", "body"}.
    body = content["body"] if isinstance(content, Mapping) and "body" in content else content
    return (body if isinstance(body, str) else json.dumps(body)).encode()


async def _write_blob(account: Account, path: str, content: bytes) -> None:
    container, _, name = path.partition("/")
    blob = account.blobs.get_blob_client(container, name)
    try:
        await blob.upload_blob(content, overwrite=True)
    except ResourceNotFoundError:
        await create(account.blobs.create_container(container))
        await blob.upload_blob(content, overwrite=True)


def _bytes(data: TypedData) -> bytes:
    value = next(iter(vars(data).values()))
    return value if isinstance(value, bytes) else str(value).encode()
