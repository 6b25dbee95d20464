import json
from types import SimpleNamespace

import pytest
from azurefunctions.extensions.base import Datum

from shared.triggers.blobs import BlobReference, BlobReferenceConverter


def decoded(value: object, kind: str) -> BlobReference:
    return BlobReferenceConverter.decode(Datum(value, kind), trigger_metadata={}, pytype=BlobReference)


def test_a_reference_of_the_host_becomes_connection_container_and_name() -> None:
    content = json.dumps({"Connection": "Storage", "ContainerName": "files", "BlobName": "dags/ü #1.py"}).encode()
    blob = decoded(SimpleNamespace(content=content), "model_binding_data")
    assert (blob.connection, blob.container, blob.name) == ("Storage", "files", "dags/ü #1.py")
    assert blob.get_sdk_type() is blob


def test_the_content_of_a_blob_is_refused() -> None:
    with pytest.raises(ValueError, match="expected a reference to a blob"):
        decoded(b"bytes", "bytes")


def test_only_parameters_that_want_a_reference_are_converted() -> None:
    assert BlobReferenceConverter.check_input_type_annotation(BlobReference)
    assert not BlobReferenceConverter.check_input_type_annotation(str)
