from collections.abc import Iterator

import pytest

from local.app_settings import sample
from shared.errors import SettingsError
from shared.storage.connections import account_name, blob_service, queue_service


@pytest.fixture(autouse=True)
def fresh_clients() -> Iterator[None]:
    yield
    blob_service.cache_clear()
    queue_service.cache_clear()


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    return monkeypatch


def test_a_connection_string_is_used_as_it_is(settings: pytest.MonkeyPatch) -> None:
    settings.setenv("DagStorage", sample()["AzureWebJobsStorage"])
    assert blob_service("DagStorage").url == "http://127.0.0.1:10000/devstoreaccount1/"


@pytest.mark.parametrize(
    ("name", "value", "url"),
    [
        ("DagStorage__blobServiceUri", "https://a.blob.core.windows.net", "https://a.blob.core.windows.net/"),
        ("DagStorage__serviceUri", "https://b.blob.core.windows.net", "https://b.blob.core.windows.net/"),
        ("DagStorage__accountName", "c", "https://c.blob.core.windows.net/"),
    ],
)
def test_an_identity_based_connection_names_the_account(
    settings: pytest.MonkeyPatch, name: str, value: str, url: str
) -> None:
    settings.setenv(name, value)
    assert blob_service("DagStorage").url == url


def test_queues_have_a_uri_of_their_own(settings: pytest.MonkeyPatch) -> None:
    settings.setenv("DagStorage__blobServiceUri", "https://a.blob.core.windows.net")
    settings.setenv("DagStorage__queueServiceUri", "https://a.queue.core.windows.net")
    assert queue_service("DagStorage").url == "https://a.queue.core.windows.net/"


def test_a_connection_that_is_not_set_says_what_was_expected() -> None:
    with pytest.raises(SettingsError, match="Nowhere: expected a connection string or Nowhere__blobServiceUri"):
        blob_service("Nowhere")


@pytest.mark.parametrize(
    ("environ", "account"),
    [
        ({"S": "DefaultEndpointsProtocol=https;AccountName=Acct1;AccountKey=a2V5==;"}, "acct1"),
        ({"S": "BlobEndpoint=https://acct1.blob.core.windows.net/;SharedAccessSignature=sv=x&sig=y"}, "acct1"),
        ({"S": "UseDevelopmentStorage=true"}, "devstoreaccount1"),
        ({"S__accountName": "acct1"}, "acct1"),
        ({"S__blobServiceUri": "https://acct1.blob.core.windows.net"}, "acct1"),
        ({"S__serviceUri": "https://acct1.z13.blob.storage.azure.net/"}, "acct1"),
        ({"S__blobServiceUri": "https://files.example.com"}, None),
        ({"S__credential": "managedidentity"}, None),
        ({}, None),
    ],
)
def test_the_account_of_a_connection_is_known_where_its_settings_tell_it(
    environ: dict[str, str], account: str | None
) -> None:
    assert account_name("S", environ) == account
