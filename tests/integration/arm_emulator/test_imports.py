"""An import reads the real folder: which files, with which bytes, and what an empty or missing folder does."""

import gzip
import hashlib
from collections.abc import Callable
from typing import Any

import pytest
import requests
from azure.storage.blob import ContainerClient, ContentSettings

Imports = Callable[[int], list[dict[str, Any]]]
Sync = Callable[..., requests.Response]


def test_an_import_reads_the_files_that_count(container: ContainerClient, sync: Sync, imports: Imports) -> None:
    large = b"x" * (2 * 1024 * 1024 + 1)
    etags = {
        name: container.upload_blob(name, content).get_blob_properties().etag.strip('"')
        for name, content in {
            "airflow/DAGS/a.py": b"print()",
            "airflow/dags/large.whl": large,
            "airflow/plugins/p.py": b"",
            "airflow/Requirements.txt": b"pandas",
            "airflow/notes.md": b"no",
            "airflow2/dags/b.py": b"no",
        }.items()
    }
    assert sync().status_code == 202
    [record] = imports(1)
    files = {file.pop("name"): file for file in record["files"]}
    assert set(files) == set(etags) - {"airflow/notes.md", "airflow2/dags/b.py"}
    assert files["airflow/dags/large.whl"] == {
        "etag": etags["airflow/dags/large.whl"],
        "md5": hashlib.md5(large, usedforsecurity=False).hexdigest(),
        "size": len(large),
    }
    assert files["airflow/plugins/p.py"]["size"] == 0
    assert "error" not in record


def test_an_import_takes_the_stored_bytes_whatever_their_encoding_claims_and_no_directories(
    container: ContainerClient, sync: Sync, imports: Imports
) -> None:
    plain, zipped = b"print()", gzip.compress(b"print()")
    for name, content in {"airflow/dags/wrong.py": plain, "airflow/dags/right.py": zipped}.items():
        container.upload_blob(name, content, content_settings=ContentSettings(content_encoding="gzip"))
    container.upload_blob("airflow/dags/folder", b"", metadata={"Hdi_isfolder": "true"})
    container.upload_blob("airflow/dags/other/", b"")
    sync()
    [record] = imports(1)
    assert "error" not in record
    assert [(file["name"], file["size"], file["md5"]) for file in record["files"]] == [
        (f"airflow/dags/{name}.py", len(content), hashlib.md5(content, usedforsecurity=False).hexdigest())
        for name, content in (("right", zipped), ("wrong", plain))
    ]


def test_an_import_shows_the_files_as_they_were(container: ContainerClient, sync: Sync, imports: Imports) -> None:
    blob = container.upload_blob("airflow/dags/a.py", b"one")
    sync()
    imports(1)
    blob.upload_blob(b"two", overwrite=True)
    sync()
    before, after = (record["files"][0]["md5"] for record in imports(2))
    assert [before, after] == [hashlib.md5(text, usedforsecurity=False).hexdigest() for text in (b"one", b"two")]


@pytest.mark.parametrize(
    ("folder", "code"),
    [
        ("airflow-files/missing", "FolderNotFound"),
        ("no-container/airflow", "ContainerNotFound"),
        ("not a container/airflow", "InvalidResourceName"),
        (f"{70 * 'x'}/airflow", "OutOfRangeInput"),
    ],
)
@pytest.mark.usefixtures("container")
def test_an_import_of_nothing_fails(sync: Sync, imports: Imports, folder: str, code: str) -> None:
    sync(folder)
    [record] = imports(1)
    assert (record["error"]["code"], record["files"]) == (code, [])


def test_a_failed_import_can_be_followed_to_its_error(
    arm: str, session: requests.Session, sync: Sync, imports: Imports
) -> None:
    requests.post(f"{arm}/_emulator/settings", json={"sync_style": "async-operation"}, timeout=10)
    url = sync("no-container/airflow").headers["Azure-AsyncOperation"]
    imports(1)
    status = session.get(url, params={"api-version": "2018-06-01"}, timeout=10).json()
    assert (status["status"], status["error"]["code"]) == ("Failed", "ContainerNotFound")


def test_overlapping_imports_are_recorded_as_such(
    arm: str, container: ContainerClient, sync: Sync, imports: Imports
) -> None:
    container.upload_blob("airflow/dags/a.py", b"one")
    for seconds in (1, 0):
        requests.post(f"{arm}/_emulator/settings", json={"import_seconds": seconds}, timeout=10)
        assert sync().status_code == 202
    first, second = imports(2)
    assert first["started_at"] < second["started_at"] < second["finished_at"] < first["finished_at"]
