"""`airflow/sync`: what is refused, what an import leaves behind, and how it can be followed."""

import asyncio
import io
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
from pydantic import JsonValue

from local.arm.exchange import Answer
from local.arm.importer import ImportedFile, ImportFailedError
from local.arm.state import Emulator

Ask = Callable[..., Answer]
BODY: dict[str, JsonValue] = {
    "IntegrationRuntimeName": "sample-2",
    "LinkedServiceName": "AzureBlobStorage1",
    "StorageFolderPath": "container/airflow",
    "CopyFolderStructure": True,
    "Overwrite": True,
    "AddRequirementsFromFile": True,
}


@pytest.fixture
def path(factory: str) -> str:
    return f"{factory}/airflow/sync"


def sync(ask: Ask, emulator: Emulator, path: str, body: JsonValue) -> Answer:
    """Ask for an import and let it come to its end."""

    async def asked() -> Answer:
        answer = ask("POST", path, body)
        await asyncio.gather(*emulator.running)
        return answer

    return asyncio.run(asked())


def error(answer: Answer) -> dict[str, Any]:
    assert isinstance(answer.body, dict)
    found = answer.body["error"]
    assert isinstance(found, dict)
    return found


def test_a_sync_is_accepted_without_a_word(ask: Ask, emulator: Emulator, path: str) -> None:
    answer = sync(ask, emulator, path, BODY)
    assert (answer.status, answer.body) == (202, None)
    assert not {"location", "azure-asyncoperation"} & {name.lower() for name in answer.headers}


def test_an_import_is_recorded_when_it_is_over(ask: Ask, emulator: Emulator, path: str) -> None:
    sync(ask, emulator, path, BODY)
    assert [record.as_json() for record in emulator.imports] == [
        {
            "environment": "sample-2",
            "folder": "container/airflow",
            "started_at": "2026-01-01T00:00:00.000000+00:00",
            "finished_at": "2026-01-01T00:00:00.200000+00:00",
            "files": [
                {"name": "airflow/dags/a.py", "etag": "0x1", "md5": "900150983cd24fb0d6963f7d28e17f72", "size": 3}
            ],
        }
    ]


def test_imports_of_one_environment_may_overlap(ask: Ask, emulator: Emulator, path: str) -> None:
    async def twice() -> None:
        assert [ask("POST", path, BODY).status for _ in range(2)] == [202, 202]
        await asyncio.gather(*emulator.running)

    asyncio.run(twice())
    assert len({record.started_at for record in emulator.imports}) == 1
    assert len(emulator.imports) == 2


def test_keys_compare_without_regard_to_case_and_unknown_ones_are_ignored(
    ask: Ask, emulator: Emulator, path: str
) -> None:
    body: dict[str, JsonValue] = {key.lower(): value for key, value in BODY.items()}
    assert sync(ask, emulator, path, body | {"more": 1}).status == 202


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("IntegrationRuntimeName", None),
        ("LinkedServiceName", 7),
        ("StorageFolderPath", "/"),
        ("Overwrite", "true"),
        ("CopyFolderStructure", 1),
        ("AddRequirementsFromFile", None),
    ],
)
def test_a_wrong_value_is_named(ask: Ask, path: str, key: str, value: JsonValue) -> None:
    answer = ask("POST", path, BODY | {key: value})
    assert (answer.status, error(answer)["code"], error(answer)["target"]) == (400, "InvalidParameter", key)


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("IntegrationRuntimeName", "missing", (404, "IntegrationRuntimeNotFound")),
        ("LinkedServiceName", "other", (400, "BadRequest")),
    ],
)
def test_a_reference_that_leads_nowhere_is_refused(
    ask: Ask, path: str, key: str, value: str, expected: tuple[int, str]
) -> None:
    answer = ask("POST", path, BODY | {key: value})
    assert (answer.status, error(answer)["code"]) == expected


def test_an_environment_that_is_not_started_takes_no_files(ask: Ask, factory: str, path: str) -> None:
    ask("POST", f"{factory}/integrationRuntimes/sample-2/stop")
    answer = ask("POST", path, BODY)
    assert (answer.status, error(answer)["code"]) == (409, "Conflict")
    assert "is Stopping" in error(answer)["message"]


FOLLOWED: dict[str, tuple[str, JsonValue]] = {
    "async-operation": ("Azure-AsyncOperation", {"status": "Succeeded"}),
    "location": ("Location", None),
}


@pytest.mark.parametrize("style", FOLLOWED)
def test_an_import_can_be_followed(ask: Ask, emulator: Emulator, path: str, style: str) -> None:
    header, body = FOLLOWED[style]
    emulator.settings = emulator.settings.changed({"sync_style": style})
    answer = sync(ask, emulator, path, BODY)
    assert (answer.status, answer.headers["Retry-After"]) == (202, "1")
    polled = ask("GET", answer.headers[header].removeprefix("http://127.0.0.1:7072").partition("?")[0])
    assert (polled.status, polled.body) == (200, body)


def test_an_import_that_fails_is_recorded_with_its_error(ask: Ask, emulator: Emulator, path: str) -> None:
    async def nothing_there(_folder: str) -> list[ImportedFile]:
        raise ImportFailedError("ContainerNotFound", "The specified container does not exist.")

    emulator.read_folder = nothing_there
    emulator.settings = emulator.settings.changed({"sync_style": "async-operation"})
    answer = sync(ask, emulator, path, BODY)
    failure = {"code": "ContainerNotFound", "message": "The specified container does not exist."}
    assert emulator.imports[0].as_json()["error"] == failure
    url = answer.headers["Azure-AsyncOperation"].removeprefix("http://127.0.0.1:7072").partition("?")[0]
    assert ask("GET", url).body == {"status": "Failed", "error": failure}


def test_a_reset_ends_what_runs_without_a_record(ask: Ask, emulator: Emulator, path: str) -> None:
    async def reset_while_running() -> None:
        ask("POST", path, BODY)
        running = list(emulator.running)
        emulator.reset()
        await asyncio.gather(*running, return_exceptions=True)

    asyncio.run(reset_while_running())
    assert emulator.imports == []


class SlowFiles(list[ImportedFile]):
    """Files that are handed to Airflow once the test lets them be."""

    def __init__(self, files: Iterable[ImportedFile]) -> None:
        super().__init__(files)
        self.asked_for, self.let = threading.Event(), threading.Event()

    def __iter__(self) -> Iterator[ImportedFile]:
        self.asked_for.set()
        assert self.let.wait(60)
        return super().__iter__()


def test_what_an_import_brings_while_the_emulator_is_reset_does_not_reach_the_new_airflow(
    ask: Ask, emulator: Emulator, path: str
) -> None:
    content = io.BytesIO(b"DAG('a')  # airflow")
    files = SlowFiles([ImportedFile("airflow/dags/a.py", "0x1", "0", 3, content)])

    async def slow(_folder: str) -> list[ImportedFile]:
        return files

    async def reset_meanwhile() -> None:
        ask("POST", path, BODY)
        await asyncio.to_thread(files.asked_for.wait, 60)
        emulator.reset()
        files.let.set()
        await asyncio.get_running_loop().shutdown_default_executor()

    emulator.read_folder = slow
    asyncio.run(reset_meanwhile())
    assert content.closed
    assert (emulator.imports, list(emulator.airflow.shown("sample-2", emulator.clock(), 0))) == ([], [])


@pytest.mark.parametrize("source", [b"-" * 100_000, b"(" * 5_000, b"\0", b"1+" * 20_000])
def test_a_file_that_python_cannot_take_is_imported_with_airflows_error(
    ask: Ask, emulator: Emulator, path: str, source: bytes
) -> None:
    async def one(_folder: str) -> list[ImportedFile]:
        content = io.BytesIO(b"# an airflow dag\nx = " + source + b"1\n")
        return [ImportedFile("airflow/dags/a.py", "0x1", "0", 3, content)]

    emulator.read_folder = one
    sync(ask, emulator, path, BODY)
    assert len(emulator.imports) == 1
    [shown] = emulator.airflow.shown("sample-2", emulator.clock(), 0)
    assert shown.parsed.stack_trace.splitlines()[-1].partition(":")[0] in {
        "MemoryError",
        "RecursionError",
        "SyntaxError",
        "ValueError",
    }
