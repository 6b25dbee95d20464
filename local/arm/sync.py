"""`POST airflow/sync`: what a request has to look like, and the import that it starts.

Microsoft's REST page lists six keys and an empty 202. How Data Factory refuses is not known; every
refusal here is our choice.
"""

import asyncio
import logging
from dataclasses import dataclass, replace
from datetime import datetime
from http import HTTPStatus
from typing import IO
from uuid import uuid4

from pydantic import JsonValue

from local.airflow.standin import EmulatedAirflow
from local.arm.errors import ServiceError
from local.arm.exchange import Answer, Call, JsonObject
from local.arm.importer import Folder, ImportedFile, ImportFailedError
from local.arm.operations import Operation
from local.arm.runtimes import known
from local.arm.state import Emulator, ImportRecord
from local.arm.targets import Target

log = logging.getLogger(__name__)

LARGEST_PARSED = 16 * 1024 * 1024

_REQUIRED = ("IntegrationRuntimeName", "LinkedServiceName", "StorageFolderPath")
_FLAGS = ("Overwrite", "CopyFolderStructure", "AddRequirementsFromFile")
_HEADERS = {
    "async-operation": ("Azure-AsyncOperation", "operationstatuses"),
    "location": ("Location", "operationresults"),
}


@dataclass(frozen=True, slots=True)
class SyncRequest:
    """Which folder goes into which environment. The three flags are checked and change nothing here."""

    environment: str
    linked_service: str
    folder: str

    @classmethod
    def of(cls, body: JsonObject) -> "SyncRequest":
        """Read the body of a sync; raise ARM's refusal where a key is missing or of a wrong type."""
        given = {key.lower(): value for key, value in body.items()}
        for flag in _FLAGS:
            if not isinstance(given.get(flag.lower(), True), bool):
                raise ServiceError.invalid_parameter(flag, "expected true or false")
        return cls(*(_text(name, given.get(name.lower())) for name in _REQUIRED))


def _text(name: str, value: JsonValue) -> str:
    if not isinstance(value, str) or not value.strip("/ "):
        raise ServiceError.invalid_parameter(name, "expected a text that is not empty")
    return value


def sync(emulator: Emulator, call: Call, target: Target) -> Answer:
    """Accept an import and start it; the answer's headers depend on the setting `sync_style`."""
    request = SyncRequest.of(call.json_object())
    name = _ready_environment(emulator, request)
    key, now = uuid4().hex, emulator.clock()
    emulator.operations[key] = Operation()
    emulator.run(_imported(emulator, replace(request, environment=name), key, now))
    if emulator.settings.sync_style not in _HEADERS:
        return Answer(HTTPStatus.ACCEPTED)
    header, leaf = _HEADERS[emulator.settings.sync_style]
    url = f"{call.origin}{target.factory}/airflow/sync/{leaf}/{key}?api-version=2018-06-01"
    return Answer(HTTPStatus.ACCEPTED, headers={header: url, **emulator.pause()})


def _ready_environment(emulator: Emulator, request: SyncRequest) -> str:
    environment = known(emulator, request.environment)
    if request.linked_service.lower() != emulator.seed.linked_service.lower():
        raise ServiceError.bad_request(
            f"The document creation or update failed because of invalid reference '{request.linked_service}'."
        )
    state = environment.course.at(emulator.clock())
    if state != "Started":
        raise ServiceError(
            HTTPStatus.CONFLICT,
            "Conflict",
            f"The integration runtime '{environment.name}' is {state}; files can be imported when it is Started.",
        )
    return environment.name


async def _imported(emulator: Emulator, request: SyncRequest, key: str, started_at: datetime) -> None:
    """Read the folder at once, then let the import last as long as the settings say.

    A change made while it runs is therefore missed, which is the harder case for a client.
    """
    lasts = emulator.settings.import_seconds
    files: list[ImportedFile] = []
    error: JsonObject | None = None
    try:
        files = await emulator.read_folder(request.folder)
    except ImportFailedError as failure:
        error = {"code": failure.code, "message": failure.message}
    await emulator.sleep(max(0.0, lasts - (emulator.clock() - started_at).total_seconds()))
    finished_at = emulator.clock()
    # The Airflow of now: a reset while the files are parsed brings another one, which they must not reach.
    await asyncio.to_thread(_hand_over, emulator, emulator.airflow, request, files, finished_at)
    emulator.imports.append(ImportRecord(request.environment, request.folder, started_at, finished_at, files, error))
    emulator.operations[key] = Operation(finished_at, error)
    log.info("import of %s into %s: %s files, error %s", request.folder, request.environment, len(files), error)


def _hand_over(
    emulator: Emulator, airflow: EmulatedAirflow, request: SyncRequest, files: list[ImportedFile], finished_at: datetime
) -> None:
    """Give the imported bytes to the environment's Airflow, emulated and real, and let go of them."""
    folder = Folder.of(request.folder)
    contents = {folder.place(file.name): file.content for file in files if file.content is not None}
    dags = {path.removeprefix("dags/"): content for path, content in contents.items() if path.startswith("dags/")}
    airflow.take(request.environment, {path: _bytes(content) for path, content in dags.items()}, finished_at)
    if emulator.real_airflow and request.environment.lower() == emulator.seed.environment.lower():
        emulator.real_airflow.take(contents)
    for content in contents.values():
        content.close()


def _bytes(content: IO[bytes]) -> bytes:
    content.seek(0)
    return content.read(LARGEST_PARSED)
