"""An emulator in this process: no network, no storage, and a clock that stands still until a test moves it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import JsonValue

from local.arm import front
from local.arm.exchange import Answer, Call
from local.arm.identity import token
from local.arm.importer import ImportedFile
from local.arm.settings import Seed
from local.arm.state import Emulator

FACTORY = (
    "/subscriptions/12345678-1234-1234-1234-123456789012/resourceGroups/example-rg"
    "/providers/Microsoft.DataFactory/factories/example-adf"
)
SEED = {"RELAY_FACTORY": FACTORY, "RELAY_ENVIRONMENT": "sample-2", "RELAY_LINKED_SERVICE": "AzureBlobStorage1"}


@dataclass
class Clock:
    now: datetime = field(default_factory=lambda: datetime(2026, 1, 1, tzinfo=UTC))

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    async def sleep(self, seconds: float) -> None:
        self.advance(seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def advance(clock: Clock) -> Callable[[float], None]:
    return clock.advance


@pytest.fixture
def emulator(clock: Clock) -> Emulator:
    async def one_file(folder: str) -> list[ImportedFile]:
        return [ImportedFile(f"{folder.partition('/')[2]}/dags/a.py", "0x1", "900150983cd24fb0d6963f7d28e17f72", 3)]

    return Emulator(Seed.of(SEED), one_file, clock=clock, sleep=clock.sleep)


@pytest.fixture
def factory() -> str:
    return FACTORY


@pytest.fixture
def ask(emulator: Emulator) -> Callable[..., Answer]:
    """Ask the emulator with a good token and api-version, unless a test says otherwise."""

    def asked(
        method: str,
        path: str,
        body: JsonValue = None,
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        now = int(emulator.clock().timestamp())
        sent = {"authorization": f"Bearer {token('https://management.azure.com', 'test', now, now + 3600)}"}
        return front.answer(
            emulator,
            Call(
                method,
                path,
                {"api-version": "2018-06-01"} if query is None else query,
                sent if headers is None else sent | dict(headers),
                "http://127.0.0.1:7072",
                b"" if body is None else json.dumps(body).encode(),
            ),
        )

    return asked
