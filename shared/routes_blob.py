"""The routes in a blob of the app's own storage, for more of them than an environment variable holds."""

from typing import TYPE_CHECKING

from shared.errors import SettingsError
from shared.storage.connections import HOST_STORAGE, blob_service_at_start

if TYPE_CHECKING:
    from azure.core.exceptions import AzureError

# In bytes: some 30,000 routes.
_LARGEST = 4 * 1024 * 1024
_SETTING = "RELAY_ROUTES_BLOB"


def routes_in_blob(place: str) -> str:
    """Return the text of the blob at `place`, which is `container/name`; what it says is not looked into.

    Raises SettingsError where it cannot be read: the app cannot start without it.
    """
    from azure.core.exceptions import AzureError

    container, _, name = place.partition("/")
    if not (container and name):
        raise SettingsError(f"{_SETTING}: expected container/name of a blob in the app's own storage")
    try:
        content = _read(container, name)
    except AzureError as error:
        raise SettingsError(f"{_SETTING}: {_why_unread(error)}") from error
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise SettingsError(f"{_SETTING}: expected a JSON list of routes in UTF-8") from None


def _read(container: str, name: str) -> bytes:
    with blob_service_at_start(HOST_STORAGE) as blobs:
        download = blobs.get_blob_client(container, name).download_blob()
        if download.size > _LARGEST:
            raise SettingsError(f"{_SETTING}: expected a blob of at most {_LARGEST:,} bytes")
        return download.readall()


def _why_unread(error: "AzureError") -> str:
    from azure.core.exceptions import ResourceNotFoundError

    said = getattr(error, "error_code", None)
    code = str(getattr(said, "value", said) or type(error).__name__)
    own = f"the app's own storage, {HOST_STORAGE} ({code})"
    if isinstance(error, ResourceNotFoundError):
        return f"there is no such blob in {own}"
    return f"the blob could not be read from {own}; it is read when the app starts, so restart it"
