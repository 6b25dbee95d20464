import base64

import pytest
from azure.storage.blob import BlobBlock, BlobServiceClient, ContainerClient

from local.ports import free_ports
from shared.errors import FolderUnreadable
from shared.folder.blobs import BlobFolders, find_file
from shared.folder.listing import list_folder, list_folders
from shared.folder.path import FolderPath
from shared.route import Route
from shared.storage.clock import note_date
from tests.unit.memory import make_route

FOLDER = FolderPath.parse("files/airflow")
ODD_NAMES = [
    "airflow/dags/with space.py",
    "airflow/dags/ünïcödé-数据.py",
    "airflow/dags/hash#mark.py",
    "airflow/dags/100%25.py",
    "airflow/dags/plus+and&and=.py",
    "airflow/dags/" + "x" * (1024 - len("airflow/dags/.py")) + ".py",
]


def test_a_listing_holds_the_files_to_import_under_their_own_names(
    blobs: BlobServiceClient, container: ContainerClient
) -> None:
    for name in [*ODD_NAMES, "airflow/readme.md", "other/dags/a.py"]:
        container.upload_blob(name, b"x")
    assert [file.name for file in list_folder(blobs, FOLDER).files] == sorted(ODD_NAMES)


def test_a_container_that_does_not_exist_is_a_folder_without_files(blobs: BlobServiceClient) -> None:
    manifest = list_folder(blobs, FOLDER)
    assert manifest.files == ()
    assert manifest.listed_at.tzinfo is not None


def test_a_listing_that_is_refused_says_the_storages_code_and_no_key(blobs: BlobServiceClient) -> None:
    key = base64.b64encode(b"another key than the account has").decode()
    stranger = BlobServiceClient(blobs.url, credential={"account_name": "devstoreaccount1", "account_key": key})
    with pytest.raises(FolderUnreadable) as refused:
        list_folder(stranger, FOLDER)
    assert refused.value.code == "AuthorizationFailure"
    assert key not in str(refused.value)
    assert "\n" not in refused.value.message


def test_a_storage_that_is_not_there_is_an_unreadable_folder() -> None:
    unreachable = f"http://127.0.0.1:{free_ports(1)}/devstoreaccount1"
    client = BlobServiceClient(unreachable, retry_total=0, raw_response_hook=note_date)
    with pytest.raises(FolderUnreadable) as failed:
        list_folder(client, FOLDER)
    assert failed.value.code == "ServiceRequestError"


def test_an_empty_file_counts_and_a_directory_of_data_lake_storage_does_not(
    blobs: BlobServiceClient, container: ContainerClient
) -> None:
    container.upload_blob("airflow/dags/__init__.py", b"")
    container.upload_blob("airflow/dags/folder", b"", metadata={"hdi_isfolder": "true"})
    (file,) = list_folder(blobs, FOLDER).files
    assert (file.name, file.size) == ("airflow/dags/__init__.py", 0)


def test_what_is_not_imported_is_counted_and_the_first_are_named(
    blobs: BlobServiceClient, container: ContainerClient
) -> None:
    for name in ["airflow/dags//x.py", "airflow/notes.md", "airflow/dags/a.py"]:
        container.upload_blob(name, b"x")
    container.upload_blob("airflow/dags/deep", b"", metadata={"Hdi_isfolder": "true"})
    container.upload_blob("airflow/dags/marker/", b"")
    manifest = list_folder(blobs, FOLDER)
    assert [file.name for file in manifest.files] == ["airflow/dags/a.py"]
    assert [file.name for file in manifest.ignored.first] == ["airflow/dags//x.py", "airflow/notes.md"]
    assert manifest.ignored.count == 2


def test_metadata_may_have_the_names_of_a_listings_own_elements(
    blobs: BlobServiceClient, container: ContainerClient
) -> None:
    metadata = dict.fromkeys(("Blob", "Name", "Properties", "Metadata", "Etag", "NextMarker"), "x")
    for name in ("airflow/dags/a.py", "airflow/dags/b.py"):
        container.upload_blob(name, b"x", metadata=metadata)
    files = list_folder(blobs, FOLDER, page_size=1).files
    assert [file.name for file in files] == ["airflow/dags/a.py", "airflow/dags/b.py"]
    assert "x" not in {file.etag for file in files}


def test_uploading_the_same_bytes_again_keeps_the_revision_and_other_bytes_do_not(
    blobs: BlobServiceClient, container: ContainerClient
) -> None:
    revisions = []
    for content in (b"one", b"one", b"two"):
        container.upload_blob("airflow/dags/a.py", content, overwrite=True)
        revisions.append(list_folder(blobs, FOLDER).revision)
    assert revisions[0] == revisions[1] != revisions[2]


def test_a_blob_without_md5_is_told_apart_by_its_etag(blobs: BlobServiceClient, container: ContainerClient) -> None:
    blob = container.get_blob_client("airflow/dags/blocks.py")
    blob.stage_block("a", b"one")
    blob.commit_block_list([BlobBlock("a")])
    (file,) = list_folder(blobs, FOLDER).files
    assert file.content.startswith("etag:")


def test_a_folder_of_more_than_one_page_is_listed_whole(blobs: BlobServiceClient, container: ContainerClient) -> None:
    names = [f"airflow/dags/{n:03}.py" for n in range(12)]
    for name in names:
        container.upload_blob(name, b"x")
    assert [file.name for file in list_folder(blobs, FOLDER, page_size=5).files] == names


@pytest.mark.parametrize("has_md5", [True, False])
def test_a_file_that_is_looked_for_is_the_one_that_the_listing_has(
    blobs: BlobServiceClient, container: ContainerClient, *, has_md5: bool
) -> None:
    name = "airflow/dags/ü %2F b.py"
    blob = container.get_blob_client(name)
    if has_md5:
        blob.upload_blob(b"x = 1\n")
    else:
        blob.stage_block("0001", b"x = 1\n")
        blob.commit_block_list([BlobBlock("0001")])
    (listed,) = list_folder(blobs, FOLDER).files
    assert listed.content.startswith("md5:" if has_md5 else "etag:")
    assert find_file(blobs, FOLDER, name) == listed


def test_a_file_or_a_container_that_is_not_there_is_not_found(
    blobs: BlobServiceClient, container: ContainerClient
) -> None:
    assert find_file(blobs, FOLDER, "airflow/dags/a.py") is None
    container.upload_blob("airflow/dags/folder", b"", metadata={"hdi_isfolder": "true"})
    assert find_file(blobs, FOLDER, "airflow/dags/folder") is None
    assert find_file(blobs, FolderPath.parse("no-such-container"), "dags/a.py") is None


@pytest.mark.parametrize("name", ["airflow/dags/" + "x" * 2000, "airflow/dags/\x01\n.py"])
@pytest.mark.usefixtures("container")
def test_a_name_that_no_blob_can_have_is_not_found(blobs: BlobServiceClient, name: str) -> None:
    assert find_file(blobs, FOLDER, name) is None


def routes_on(container: str, *folders: str) -> list[Route]:
    return [make_route(folder, folder=f"{container}/{folder}".rstrip("/")) for folder in folders]


def test_the_folders_of_many_routes_come_from_one_listing_of_their_container(
    blobs: BlobServiceClient, container: ContainerClient
) -> None:
    routes = routes_on(FOLDER.container, "team-a", "team-b", "team-b/inner", "other", "")
    for name in ("team-a/dags/a.py", "team-b/dags/b.py", "team-b/inner/dags/c.py", "dags/root.py", "team-a/readme.md"):
        container.upload_blob(name, b"x")
    found = list_folders(blobs, FOLDER.container, routes)
    assert {name: manifest.files for name, manifest in found.items()} == {
        route.name: list_folder(blobs, route.folder).files for route in routes
    }


def test_a_container_that_cannot_be_listed_is_left_out_and_the_others_are_not(
    blobs: BlobServiceClient, container: ContainerClient
) -> None:
    container.upload_blob("team-a/dags/a.py", b"x")
    good, gone = routes_on(FOLDER.container, "team-a"), routes_on("nowhere", "team-x")
    assert list(BlobFolders(lambda _: blobs).list_all([*good, *gone])) == ["team-a"]
