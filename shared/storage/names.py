"""What the app calls what it keeps in the host's storage: several apps on one account have names of their own."""

import hashlib
import re
from dataclasses import dataclass

_BASE = "dag-relay"
# A queue's name has 63 characters at most, and the longest is `dag-relay-notifications-<app>-poison`.
_LONGEST_APP = 32
_DIGEST = 8


@dataclass(frozen=True, slots=True)
class StorageNames:
    """The names for an app; without an `app` they are the plain ones. Legal for containers and queues."""

    app: str = ""

    @property
    def container(self) -> str:
        """The container with the app's documents."""
        return self._own(_BASE)

    @property
    def wake_ups(self) -> str:
        """The queue of wake-ups."""
        return self._own(f"{_BASE}-wake-ups")

    @property
    def notifications(self) -> str:
        """The queue of messages about undelivered notifications."""
        return self._own(f"{_BASE}-notifications")

    def _own(self, name: str) -> str:
        return f"{name}-{self.app}" if self.app else name


def storage_names(site: str | None, slot: str | None, name: str | None) -> StorageNames:
    """Return the names for an app on Azure by its site and slot, else for one that has a name, else the plain ones.

    Whatever is left out of a site's name to make it legal and short enough is made up for by a digest of all of it.
    """
    identity = (site if slot in {None, "", "Production", "production"} else f"{site}/{slot}") if site else name
    if not identity:
        return StorageNames()
    identity = identity.lower()
    legal = re.sub(r"[^a-z0-9]+", "-", identity).strip("-")
    if legal == identity and len(legal) <= _LONGEST_APP:
        return StorageNames(legal)
    digest = hashlib.sha256(identity.encode(errors="surrogatepass")).hexdigest()[:_DIGEST]
    return StorageNames("-".join(filter(None, (legal[: _LONGEST_APP - _DIGEST - 1].strip("-"), digest))))
