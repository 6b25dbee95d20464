import base64
import gzip
import tracemalloc

from azure.storage.blob import BlobServiceClient, ContainerClient, ContentSettings, StandardBlobTier

from shared.folder.blobs import read_files
from shared.folder.checks import LARGEST_FILE, TOO_LARGE, Unread
from shared.folder.path import FolderPath

FOLDER = FolderPath.parse("files/airflow")


def test_many_files_are_read_in_their_order_and_those_that_are_gone_are_left_out(
    blobs: BlobServiceClient, container: ContainerClient
) -> None:
    contents = {f"airflow/dags/{n} #.py": str(n).encode() for n in range(40)}
    for name, content in contents.items():
        container.upload_blob(name, content)
    read = list(read_files(blobs, FOLDER, [*contents, "airflow/dags/gone.py"]))
    assert read == list(contents.items())


def test_an_empty_file_is_read(blobs: BlobServiceClient, container: ContainerClient) -> None:
    container.upload_blob("airflow/dags/a.py", b"")
    assert list(read_files(blobs, FOLDER, ["airflow/dags/a.py"])) == [("airflow/dags/a.py", b"")]


def test_a_container_that_is_gone_has_no_files_to_read(blobs: BlobServiceClient) -> None:
    assert list(read_files(blobs, FOLDER, ["airflow/dags/a.py"])) == []


def test_the_bytes_are_those_that_are_stored_whatever_the_encoding_says(
    blobs: BlobServiceClient, container: ContainerClient
) -> None:
    packed = gzip.compress(b" " * 100 * LARGEST_FILE)
    stored = {"airflow/dags/plain.py": b"x = 1\n", "airflow/dags/packed.py": packed}
    for name, content in stored.items():
        container.upload_blob(name, content, content_settings=ContentSettings(content_encoding="gzip"))
    assert dict(read_files(blobs, FOLDER, stored)) == stored


def test_no_more_of_a_file_is_read_than_is_looked_at(blobs: BlobServiceClient, container: ContainerClient) -> None:
    container.upload_blob("airflow/dags/a.py", b" " * (LARGEST_FILE + 1))
    container.upload_blob("airflow/dags/b.py", b" " * LARGEST_FILE)
    read = dict(read_files(blobs, FOLDER, ["airflow/dags/a.py", "airflow/dags/b.py"]))
    assert read == {"airflow/dags/a.py": TOO_LARGE, "airflow/dags/b.py": b" " * LARGEST_FILE}


def test_only_a_few_files_are_in_memory_at_a_time(blobs: BlobServiceClient, container: ContainerClient) -> None:
    size, names = LARGEST_FILE // 4, ["airflow/dags/a.py"] * 300
    container.upload_blob("airflow/dags/a.py", b" " * size)
    list(read_files(blobs, FOLDER, names[:1]))
    tracemalloc.start()
    sizes = [len(content) for _, content in read_files(blobs, FOLDER, names) if isinstance(content, bytes)]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert sizes == [size] * len(names)
    assert peak < size * len(names) / 3


def test_files_that_may_not_be_read_say_so_one_by_one_without_the_key(blobs: BlobServiceClient) -> None:
    key = base64.b64encode(b"another key than the account has").decode()
    stranger = BlobServiceClient(blobs.url, credential={"account_name": "devstoreaccount1", "account_key": key})
    [(name, content)] = read_files(stranger, FOLDER, ["airflow/dags/a.py"])
    assert isinstance(content, Unread)
    assert (name, content.passing) == ("airflow/dags/a.py", False)
    assert "AuthorizationFailure" in content.why or "AuthenticationFailed" in content.why
    assert key not in content.why


def test_an_archived_file_does_not_keep_others_from_being_read(
    blobs: BlobServiceClient, container: ContainerClient
) -> None:
    container.upload_blob("airflow/dags/a.py", b"a", standard_blob_tier=StandardBlobTier.ARCHIVE)
    container.upload_blob("airflow/dags/b.py", b"b")
    read = dict(read_files(blobs, FOLDER, ["airflow/dags/a.py", "airflow/dags/b.py"]))
    archived = read["airflow/dags/a.py"]
    assert read["airflow/dags/b.py"] == b"b"
    assert isinstance(archived, Unread)
    assert not archived.passing


def test_a_storage_that_does_not_answer_may_do_so_later() -> None:
    nowhere = BlobServiceClient("http://127.0.0.1:9/devstoreaccount1", retry_total=0)
    [(_, content)] = read_files(nowhere, FOLDER, ["airflow/dags/a.py"])
    assert isinstance(content, Unread)
    assert content.passing
