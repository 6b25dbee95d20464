from azure.storage.blob import BlobServiceClient, ContainerClient

from shared.folder.path import FolderPath
from shared.folder.reading import read_files

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
