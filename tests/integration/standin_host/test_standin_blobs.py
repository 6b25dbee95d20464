import os
from email.utils import parsedate_to_datetime

import psutil
import pytest
import requests

from tests.integration.standin_host.standin_parts import App, Standin, Storage, end, unique
from tests.waiting import until

REFERENCE = """
from azurefunctions.extensions.base import InConverter, SdkType

class Reference(SdkType):
    pass

class ReferenceConverter(InConverter, binding="blob", trigger="blobTrigger"):
    @classmethod
    def check_input_type_annotation(cls, pytype):
        return issubclass(pytype, Reference)

    @classmethod
    def decode(cls, data, *, trigger_metadata, pytype):
        assert (data.value.version, data.value.source) == ("1.0", "AzureStorageBlobs")
        assert data.value.content_type == "application/json"
        captured = trigger_metadata["name"].value
        return Reference(data={**json.loads(data.value.content), "captured": captured})

@app.blob_trigger(arg_name="blob", path="%CONTAINER%/{name}", connection="AzureWebJobsStorage")
def refers(blob: Reference):
    saw(blob._data)
"""
CONTENT = """
@app.blob_trigger(arg_name="blob", path="%CONTAINER%/in/{name}.txt", connection="DATA")
def reads(blob: func.InputStream):
    saw([blob.name, blob.length, blob.read().decode(), blob.uri.rpartition("/")[2]])
    assert "poison" not in blob.name
"""


@pytest.fixture
def container(app: App) -> str:
    name = unique("dags")
    app.settings = {**app.settings, "CONTAINER": name, "DATA": app.settings["AzureWebJobsStorage"]}
    return name


def test_blob_runs_once_per_version_and_not_again_after_a_crash(app: App, storage: Storage, container: str) -> None:
    storage.upload(container, "in/a.txt", b"one")
    storage.upload(container, "out/b.txt")
    app.write(CONTENT)
    with app.running() as host:
        until(lambda: host.count("reads"), "the first version ran")
        end(host.process)
    with app.running() as host:
        upload_in_a_later_second(storage, container, "in/a.txt", b"two")
        until(lambda: host.count("reads"), "the second version ran")
        assert host.count("reads", "started") == 1
    assert app.seen() == [[f"{container}/in/a.txt", 3, text, "a.txt"] for text in ("one", "two")]


def test_reference_carries_any_name_into_a_container_that_appears_later(
    app: App, storage: Storage, container: str
) -> None:
    names = {"a b.py", "ü/日本.py", "#1?.py", "100%41.py", "x" * 1024}
    with app.write(REFERENCE).running() as host:
        until(lambda: host.get("/admin/host/ping").ok, "the host runs without the container")
        for name in names:
            upload_in_a_later_second(storage, container, name)
        until(lambda: host.count("refers") == len(names), "every blob ran")
    expected = {"Connection": "AzureWebJobsStorage", "ContainerName": container}
    assert sorted(app.seen(), key=str) == sorted(
        ({**expected, "BlobName": each, "captured": each} for each in names), key=str
    )


def test_large_blob_by_reference_does_not_grow_the_process(app: App, storage: Storage, container: str) -> None:
    storage.upload(container, "large", os.urandom(1 << 20) * 300)
    with app.write(REFERENCE).running() as host:
        until(lambda: host.count("refers"), "the large blob ran")
        assert psutil.Process(host.process.pid).memory_info().rss < 200 << 20


def test_bulk_of_blobs_runs_completely(app: App, storage: Storage, container: str) -> None:
    for number in range(60):
        storage.upload(container, f"in/{number}.txt")
    with app.write(CONTENT).running() as host:
        until(lambda: host.count("reads") == 60, "all of them ran")
        assert host.count("reads", "started") == 60


def test_blob_that_always_fails_is_tried_5_times_and_then_poison(app: App, storage: Storage, container: str) -> None:
    storage.upload(container, "in/poison.txt")
    with app.write(CONTENT).running() as host:
        poison = until(
            lambda: [each for each in storage.messages("webjobs-blobtrigger-poison") if container in each], "poison"
        )
        assert host.count("reads", "failed") == 5
    assert '"BlobName": "in/poison.txt"' in poison[0]


def test_admin_runs_a_blob_function_for_a_blob_it_is_given(app: App, storage: Storage, container: str) -> None:
    storage.upload(container, "elsewhere/c.md", b"text")
    with app.write(CONTENT).running() as host:
        answer = host.post("/admin/functions/reads", json={"input": f"{container}/elsewhere/c.md"})
        assert answer.status_code == 202
        until(app.seen, "it ran")
    assert app.seen() == [[f"{container}/elsewhere/c.md", 4, "text", "c.md"]]


def test_two_hosts_on_one_storage_run_a_blob_once(app: App, storage: Storage, container: str) -> None:
    with app.write(CONTENT).running() as first, app.running() as second:
        storage.upload(container, "in/a.txt")
        until(lambda: total(first, second), "one of them ran it")
        upload_in_a_later_second(storage, container, "in/b.txt")
        until(lambda: total(first, second) == 2, "one of them ran the next")
    assert len(app.seen()) == 2


def total(*hosts: Standin) -> int:
    return sum(host.count("reads", "started") for host in hosts)


def upload_in_a_later_second(storage: Storage, container: str, name: str, content: bytes = b"content") -> None:
    """The scan compares whole seconds and would miss a blob of the same second."""
    before = storage_second(storage)
    until(lambda: storage_second(storage) > before, "the storage's next second")
    storage.upload(container, name, content)


def storage_second(storage: Storage) -> float:
    response = requests.get(f"{storage.azurite.blob_url}?comp=list", timeout=5)
    return parsedate_to_datetime(response.headers["Date"]).timestamp()
