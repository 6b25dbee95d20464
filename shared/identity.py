"""The app's own identity, for ARM and for storage connections without keys."""

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from azure.identity import DefaultAzureCredential


@cache
def credential(client_id: str | None = None) -> "DefaultAzureCredential":
    """Return the process's credential; `client_id` picks a user-assigned identity, as `AZURE_CLIENT_ID` does."""
    from azure.identity import DefaultAzureCredential

    return DefaultAzureCredential(managed_identity_client_id=client_id) if client_id else DefaultAzureCredential()
