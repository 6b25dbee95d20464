import json
import logging
from dataclasses import replace
from types import SimpleNamespace

import pytest
from azurefunctions.extensions.base import Datum

from shared.triggers.blobs import BlobReference, BlobReferenceConverter, routes_importing
from tests.unit.memory import NOON, make_route

ROUTE = make_route("a", folder="files/airflow")
# Two routes on one folder, another container, and another account with a container of the same name.
ROUTES = (
    ROUTE,
    make_route("b", folder="files/airflow"),
    make_route("c", folder="more-files/airflow"),
    replace(make_route("d", folder="files/airflow"), connection="Other"),
)
ACCOUNTS = {"AzureWebJobsStorage": "acct1", "Other": "acct2", "Alias": "acct1"}


def decoded(value: object, kind: str) -> BlobReference:
    return BlobReferenceConverter.decode(Datum(value, kind), trigger_metadata={}, pytype=BlobReference)


def test_a_reference_of_the_host_becomes_connection_container_and_name() -> None:
    content = json.dumps({"Connection": "Storage", "ContainerName": "files", "BlobName": "dags/ü #1.py"}).encode()
    blob = decoded(SimpleNamespace(content=content), "model_binding_data")
    assert (blob.connection, blob.container, blob.name) == ("Storage", "files", "dags/ü #1.py")
    assert blob.get_sdk_type() is blob


def test_a_reference_says_when_the_blob_was_written_where_the_host_does() -> None:
    content = json.dumps({"Connection": "Storage", "ContainerName": "files", "BlobName": "dags/a.py"}).encode()
    data = Datum(SimpleNamespace(content=content), "model_binding_data")
    metadata = {"Properties": Datum('{"LastModified": "2026-01-01T12:00:00+00:00"}', "json")}
    for given, modified in [(metadata, NOON), ({"Properties": Datum("{", "json")}, None), (None, None)]:
        assert BlobReferenceConverter.decode(data, trigger_metadata=given).modified == modified


def test_the_content_of_a_blob_is_refused() -> None:
    with pytest.raises(ValueError, match="expected a reference to a blob"):
        decoded(b"bytes", "bytes")


def test_only_parameters_that_want_a_reference_are_converted() -> None:
    assert BlobReferenceConverter.check_input_type_annotation(BlobReference)
    assert not BlobReferenceConverter.check_input_type_annotation(str)


def told(blob: BlobReference) -> list[str]:
    return [route.name for route in routes_importing(blob, ROUTES, ACCOUNTS.get)]


@pytest.mark.parametrize(
    ("connection", "container", "names"),
    [
        ("AzureWebJobsStorage", "files", ["a", "b"]),
        ("AzureWebJobsStorage", "more-files", ["c"]),
        ("Other", "files", ["d"]),
        ("Alias", "files", ["a", "b"]),
    ],
)
def test_all_routes_on_the_place_that_the_reference_names_are_told(
    connection: str, container: str, names: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    assert told(BlobReference(connection, container, "airflow/dags/x.py")) == names
    assert caplog.messages == []


@pytest.mark.parametrize(
    ("blob", "line"),
    [
        (BlobReference("AzureWebJobsStorage", "strangers", "airflow/dags/x.py"), "no route imports from container"),
        (BlobReference("Unknown", "files", "airflow/dags/x.py"), "no route imports from container"),
        (BlobReference("AzureWebJobsStorage", "files", "airflow/readme.md"), "no route imports it"),
        (BlobReference("AzureWebJobsStorage", "files", "x\nforged line" + "y" * 2000), "no route imports it"),
    ],
)
def test_a_blob_of_no_route_is_one_line_in_the_log(
    blob: BlobReference, line: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    assert told(blob) == []
    (message,) = caplog.messages
    assert line in message
    assert "\n" not in message
    assert len(message) < 700
