import base64
import gzip
import hashlib

import pytest
from azure.storage.blob import BlobServiceClient, ContainerClient, ContentSettings

from shared.folder import blobs as folder_blobs
from shared.folder.blobs import FileBytes, read_files
from shared.folder.checks import Unread
from shared.folder.listing import list_folder
from shared.folder.manifest import File
from shared.folder.path import FolderPath

FOLDER = FolderPath.parse("files/airflow")


def listed(blobs: BlobServiceClient) -> tuple[File, ...]:
    return list_folder(blobs, FOLDER).files


def read(blobs: BlobServiceClient, *files: File) -> dict[str, FileBytes]:
    return {each.name: each for each in read_files(blobs, FOLDER, files)}


def test_many_files_are_read_and_those_that_are_gone_are_left_out(
    blobs: BlobServiceClient, container: ContainerClient
) -> None:
    contents = {f"airflow/dags/{n} #.py": str(n).encode() for n in range(40)}
    for name, content in (contents | {"airflow/dags/gone.py": b""}).items():
        container.upload_blob(name, content)
    files = listed(blobs)
    container.delete_blob("airflow/dags/gone.py")
    found = read(blobs, *files)
    assert {name: each.content for name, each in found.items()} == contents
    assert {name: each.md5 for name, each in found.items()} == {
        name: hashlib.md5(content, usedforsecurity=False).hexdigest() for name, content in contents.items()
    }


def test_a_version_that_is_another_one_by_now_is_left_out(blobs: BlobServiceClient, container: ContainerClient) -> None:
    container.upload_blob("airflow/dags/a.py", b"1")
    files = listed(blobs)
    container.upload_blob("airflow/dags/a.py", b"2", overwrite=True)
    assert read(blobs, *files) == {}


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "nonsense"])
def test_the_stored_bytes_are_read_whatever_encoding_the_blob_claims(
    blobs: BlobServiceClient, container: ContainerClient, encoding: str
) -> None:
    settings = ContentSettings(content_encoding=encoding)
    container.upload_blob("airflow/dags/plain.py", b"x = 1\n", content_settings=settings)
    bomb = gzip.compress(bytes(50_000_000))
    container.upload_blob("airflow/dags/bomb.py", bomb, content_settings=settings)
    found = read(blobs, *listed(blobs))
    assert found["airflow/dags/plain.py"].content == b"x = 1\n"
    assert found["airflow/dags/bomb.py"].content == bomb


def test_a_large_file_is_hashed_and_not_kept_and_a_huge_one_is_not_read(
    blobs: BlobServiceClient, container: ContainerClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder_blobs, "LARGEST_FILE", 10)
    monkeypatch.setattr(folder_blobs, "LARGEST_READ", 20)
    for size in (10, 11, 20, 21):
        container.upload_blob(f"airflow/dags/{size}.py", b"x" * size)
    found = read(blobs, *listed(blobs))
    assert [(isinstance(each.content, bytes), each.md5 is not None) for each in found.values()] == [
        (True, True),
        (False, True),
        (False, True),
        (False, False),
    ]


def test_files_that_may_not_be_read_say_why_and_keep_no_other_from_being_read(
    blobs: BlobServiceClient, container: ContainerClient
) -> None:
    container.upload_blob("airflow/dags/a.py", b"1")
    key = base64.b64encode(b"another key than the account has").decode()
    stranger = BlobServiceClient(blobs.url, credential={"account_name": "devstoreaccount1", "account_key": key})
    (found,) = read(stranger, *listed(blobs)).values()
    assert isinstance(found.content, Unread)
    assert (found.md5, key in found.content.why) == (None, False)
