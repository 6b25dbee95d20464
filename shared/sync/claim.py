"""Whether another app uses this app's name on the same storage account, and so its documents and queues.

Each sweep notes what its app is set to do. A changed setting is noted once and stays; instances of one app note the
same. Only two apps that both go on sweeping note one thing and the other by turns.
"""

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import ValidationError

from shared.route import Route
from shared.storage.documents import Document, Documents, StoredModel, update
from shared.sync.decide import Policy

log = logging.getLogger(__name__)

_NAME = "claim.json"
# How many sweeps are remembered. New settings are no return to old ones; that they are taken back is one, and an
# instance that still works with the old ones makes another.
_KEPT = 8
_RETURNS = 3

CONTESTED = (
    "another app, or one with other settings, uses the same storage account under this app's name, so that the two "
    "take each other's work; give one of them another RELAY_APP_NAME, or a storage account of its own"
)


class Sweeping(StoredModel):
    """What an app was set to do, in short, when it swept."""

    digest: str
    at: datetime


class Claim(StoredModel):
    """The last sweeps under a name, oldest first."""

    sweeps: tuple[Sweeping, ...] = ()

    def with_one(self, sweep: Sweeping) -> "Claim":
        """Return the claim after one more sweep."""
        return Claim(sweeps=(*self.sweeps, sweep)[-_KEPT:])

    @property
    def is_contested(self) -> bool:
        """Whether two apps sweep by turns."""
        digests = [sweep.digest for sweep in self.sweeps]
        returns = (now != digests[n] and now in digests[:n] for n, now in enumerate(digests[1:]))
        return sum(returns) >= _RETURNS


def digest_of(routes: Sequence[Route], policy: Policy, site: tuple[str | None, str | None] = (None, None)) -> str:
    """Return what stands for an app and its work: the same for all its instances and after a restart.

    `site` is the platform's name of the app and of its slot, None where there is no such platform.
    """
    return hashlib.sha256(repr((tuple(routes), policy, site)).encode(errors="backslashreplace")).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Claims:
    """The claim on the app's name; `digest` stands for what this app is set to do."""

    documents: Documents
    digest: str

    def renew(self) -> None:
        """Note a sweep, and say in the log if another app uses the name."""

        def noted(document: Document) -> tuple[bytes, Claim]:
            claim = _parsed(document).with_one(Sweeping(digest=self.digest, at=document.read_at))
            return claim.model_dump_json().encode(), claim

        if update(self.documents, _NAME, noted).is_contested:
            log.error(CONTESTED)

    def is_contested(self) -> bool:
        """Whether another app used the name by turns with this one, as far as the last sweeps show."""
        return _parsed(self.documents.read(_NAME)).is_contested


def _parsed(document: Document) -> Claim:
    try:
        return Claim.model_validate_json(document.content or b"{}")
    except ValidationError:
        return Claim()
