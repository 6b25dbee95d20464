import base64

import pytest
from azure.storage.blob import BlobServiceClient, ContainerClient

from shared.errors import FolderUnreadable
from shared.folder.blobs import read_files
from shared.folder.path import FolderPath

FOLDER = FolderPath.parse("files/airflow")


def test_many_files_are_read_and_those_that_are_gone_are_left_out(
    blobs: BlobServiceClient, container: ContainerClient
) -> None:
    contents = {f"airflow/dags/{n} #.py": str(n).encode() for n in range(40)}
    for name, content in contents.items():
        container.upload_blob(name, content)
    assert read_files(blobs, FOLDER, [*contents, "airflow/dags/gone.py"]) == contents


def test_a_container_that_is_gone_has_no_files_to_read(blobs: BlobServiceClient) -> None:
    assert read_files(blobs, FOLDER, ["airflow/dags/a.py"]) == {}


def test_files_that_may_not_be_read_are_an_unreadable_folder(blobs: BlobServiceClient) -> None:
    key = base64.b64encode(b"another key than the account has").decode()
    stranger = BlobServiceClient(blobs.url, credential={"account_name": "devstoreaccount1", "account_key": key})
    with pytest.raises(FolderUnreadable) as refused:
        read_files(stranger, FOLDER, ["airflow/dags/a.py"])
    assert key not in str(refused.value)
