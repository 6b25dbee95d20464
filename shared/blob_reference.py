"""A blob trigger that gets the blob's name and not its bytes.

The worker hands a parameter of an `SdkType` a reference, which the converter of the binding turns into what the
function takes (azurefunctions-extensions-base). The content is never read, whatever its size, and no storage SDK is
imported, which `azurefunctions-extensions-bindings-blob` would do when the app is indexed.
"""

import json

from azurefunctions.extensions.base import Datum, InConverter, SdkType


class BlobReference(SdkType):
    """A blob by name; `connection` is the app setting of its storage account."""

    def __init__(self, connection: str, container: str, name: str) -> None:
        super().__init__()
        self.connection = connection
        self.container = container
        self.name = name

    def get_sdk_type(self) -> "BlobReference":
        """Return the reference itself: it is what the function takes."""
        return self


class BlobReferenceConverter(InConverter, binding="blob", trigger="blobTrigger"):
    """Turns the host's reference to a blob into a BlobReference."""

    @classmethod
    def check_input_type_annotation(cls, pytype: type) -> bool:
        """Whether a parameter of this type is ours."""
        return issubclass(pytype, BlobReference)

    @classmethod
    def decode(cls, data: Datum, *, trigger_metadata: object, pytype: object = None) -> BlobReference:  # noqa: ARG003
        """Read the host's reference, which is JSON; the worker passes both keywords to every converter."""
        if data is None or data.type != "model_binding_data":
            raise ValueError("expected a reference to a blob; does the host support deferred bindings?")
        reference = json.loads(data.value.content)
        return BlobReference(reference["Connection"], reference["ContainerName"], reference["BlobName"])
