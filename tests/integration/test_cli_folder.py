"""A local folder against one in real Azurite: what differs, by content."""

import base64
import gzip
from pathlib import Path

import pytest
from azure.storage.blob import BlobBlock, BlobServiceClient, ContainerClient, ContentSettings

from cli.errors import CommandError
from cli.folder import Difference, LocalFolder, RemoteFolder, Storage
from local.ports import free_ports

FOLDER = "files/airflow"


@pytest.fixture
def local(tmp_path: Path) -> LocalFolder:
    for path in ("dags/a.py", "dags/deep/b.py", "requirements.txt"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(f"# {path}\n")
    return LocalFolder(tmp_path, FOLDER)


def test_only_what_is_imported_counts_on_either_side(
    blobs: BlobServiceClient, container: ContainerClient, local: LocalFolder
) -> None:
    for path in ("README.md", "tests/test_a.py", "dags/__pycache__/a.cpython-311.pyc", "dags/.a.py.swp"):
        (local.root / path).parent.mkdir(parents=True, exist_ok=True)
        (local.root / path).write_text("")
    for name in ("airflow/notes.md", "airflow2/dags/x.py", "airflow/dags/x.tmp", "airflow/dags/gone.py"):
        container.upload_blob(name, b"")
    container.upload_blob("airflow/dags/folder", b"", metadata={"hdi_isfolder": "true"})
    expected = Difference(("dags/a.py", "dags/deep/b.py", "requirements.txt"), (), ("dags/gone.py",), ())
    assert RemoteFolder(blobs, FOLDER).difference(local) == expected


def test_what_was_uploaded_does_not_differ_until_its_bytes_do(
    blobs: BlobServiceClient, container: ContainerClient, local: LocalFolder
) -> None:
    remote = RemoteFolder(blobs, FOLDER)
    for path in local.paths():
        remote.upload(path, local.read(path))
    assert container.get_blob_client("airflow/dags/a.py").download_blob().readall() == b"# dags/a.py\n"
    assert not remote.difference(local).is_any
    (local.root / "dags/a.py").write_text("# dags/b.py\n")
    assert remote.difference(local).changed == ("dags/a.py",)


def test_a_blob_without_an_md5_is_compared_by_its_bytes(
    blobs: BlobServiceClient, container: ContainerClient, local: LocalFolder
) -> None:
    for path, content in (("dags/a.py", b"# dags/a.py\n"), ("dags/deep/b.py", b"# dags/deep/c.py\n")):
        blob = container.get_blob_client(f"airflow/{path}")
        block = base64.b64encode(b"1").decode()
        blob.stage_block(block, content)
        blob.commit_block_list([BlobBlock(block)])
        assert not blob.get_blob_properties().content_settings.content_md5
    difference = RemoteFolder(blobs, FOLDER).difference(local)
    assert (difference.changed, difference.unchanged) == (("dags/deep/b.py",), ("dags/a.py",))


def test_a_blob_that_claims_to_be_compressed_is_compared_as_it_is_stored(
    blobs: BlobServiceClient, container: ContainerClient, local: LocalFolder
) -> None:
    packed = gzip.compress(b"# dags/a.py\n")
    (local.root / "dags/deep/b.py").write_bytes(packed)
    for path, content in (("dags/a.py", b"# dags/a.py\n"), ("dags/deep/b.py", packed)):
        blob = container.get_blob_client(f"airflow/{path}")
        block = base64.b64encode(b"1").decode()
        blob.stage_block(block, content)
        blob.commit_block_list([BlobBlock(block)], content_settings=ContentSettings(content_encoding="gzip"))
    assert RemoteFolder(blobs, FOLDER).difference(local).unchanged == ("dags/a.py", "dags/deep/b.py")


def test_a_container_that_is_itself_dags_holds_the_files_directly(blobs: BlobServiceClient, local: LocalFolder) -> None:
    remote = RemoteFolder(blobs, "dags")
    remote.create_container()
    remote.create_container()
    local = LocalFolder(local.root / "dags", "dags")
    for path in local.paths():
        remote.upload(path, local.read(path))
    assert remote.difference(local).unchanged == ("a.py", "deep/b.py")


def test_deleting_what_is_gone_is_no_error(
    blobs: BlobServiceClient, container: ContainerClient, local: LocalFolder
) -> None:
    remote = RemoteFolder(blobs, FOLDER)
    container.upload_blob("airflow/dags/old.py", b"")
    container.get_blob_client("airflow/dags/old.py").create_snapshot()
    remote.delete("dags/old.py")
    remote.delete("dags/old.py")
    assert remote.difference(local).removed == ()


def test_a_container_that_does_not_exist_is_an_empty_folder(blobs: BlobServiceClient, local: LocalFolder) -> None:
    assert RemoteFolder(blobs, FOLDER).difference(local).added == local.paths()


def test_a_refusal_of_storage_is_one_line_without_the_key(blobs: BlobServiceClient, local: LocalFolder) -> None:
    key = base64.b64encode(b"another key than the account has").decode()
    other = BlobServiceClient(blobs.url, credential={"account_name": "devstoreaccount1", "account_key": key})
    with pytest.raises(CommandError, match=r"^storage: AuthorizationFailure: .*$") as refused:
        RemoteFolder(other, FOLDER).difference(local)
    assert key not in str(refused.value)


def test_a_storage_that_is_not_there_is_one_line(local: LocalFolder) -> None:
    account = BlobServiceClient(f"http://127.0.0.1:{free_ports(1)}/devstoreaccount1", retry_total=0)
    with pytest.raises(CommandError, match=r"^storage: ServiceRequestError: .*$"):
        RemoteFolder(account, FOLDER).difference(local)


@pytest.mark.parametrize(
    ("storage", "message"),
    [
        (Storage(None, None), "expected --account-url, --connection-string or AZURE_STORAGE_CONNECTION_STRING"),
        (Storage("AccountKey=canary", None), "the storage connection string is not valid"),
        (Storage("AccountName=a\nb;AccountKey=Y2FuYXJ5", None), "the storage connection string is not valid"),
        (Storage(None, "https://"), "the account URL is not valid"),
    ],
)
def test_without_a_valid_way_to_the_account_it_says_what_is_expected(storage: Storage, message: str) -> None:
    with pytest.raises(CommandError, match=f"^{message}$"):
        storage.folder(FOLDER)


@pytest.mark.parametrize("account", ["a..b", 64 * "a", "ключ"])
def test_an_account_that_no_request_can_name_is_one_line(local: LocalFolder, account: str) -> None:
    endpoint = "" if account.isascii() else f"BlobEndpoint=http://127.0.0.1:{free_ports(1)};"
    storage = Storage(f"{endpoint}AccountName={account};AccountKey=Y2FuYXJ5", None)
    with pytest.raises(CommandError, match=r"^storage: \w+: .*$") as refused:
        storage.folder(FOLDER).difference(local)
    assert "Y2FuYXJ5" not in str(refused.value)


def test_a_name_that_is_not_utf_8_is_refused_before_anything_is_uploaded(local: LocalFolder) -> None:
    (local.root / "README\udcff").write_text("")
    assert local.paths()
    (local.root / "dags/bad\udcff.py").write_text("")
    with pytest.raises(CommandError, match=r"^expected a name in UTF-8, not dags/bad\\udcff\.py$"):
        local.paths()


def test_a_directory_without_a_file_to_import_is_refused(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("")
    with pytest.raises(CommandError, match=r"expected dags/, plugins/ or requirements.txt in "):
        LocalFolder(tmp_path, FOLDER).paths()
    with pytest.raises(CommandError, match="is not a directory"):
        LocalFolder(tmp_path / "none", FOLDER).paths()
    with pytest.raises(CommandError, match=r"cannot read .*none.py: No such file"):
        LocalFolder(tmp_path, FOLDER).read("dags/none.py")
