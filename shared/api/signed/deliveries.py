"""Deliveries that were seen before: what has the same id is done once, on any number of instances.

A delivery is claimed before it is handled and its answer is written down after that, in one document that every write
replaces by its version. Times are the storage's. Only a success is kept: a refusal did nothing, and the same
request may succeed later.
"""

import hashlib
import logging
import time
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from http import HTTPStatus

import azure.functions as func
from azure.core.exceptions import AzureError
from pydantic import ValidationError

from shared.api.problem import Problem
from shared.api.signed.signatures import Delivery
from shared.errors import StateConflict
from shared.storage.documents import Documents, StoredModel, write_own

log = logging.getLogger(__name__)

KEPT_FOR = timedelta(days=7)
# Longer than any handler works, so that only the claim of a worker that died expires.
CLAIM = timedelta(seconds=60)
# A claim that took longer to make may end before the work does; the storage's client tries for up to two minutes.
LATEST_START = timedelta(seconds=30)
REPLAYED = "X-Relay-Replayed"

_FOLDER = "deliveries/"
_RETRY_AFTER_S = 10


class KeptAnswer(StoredModel):
    """What a delivery was answered; secrets are masked in it, as in every answer."""

    status: int
    headers: dict[str, str]
    mimetype: str
    body: str

    @classmethod
    def of(cls, response: func.HttpResponse) -> "KeptAnswer":
        """Return the answer as it is stored."""
        headers = dict(response.headers.items())
        body = response.get_body().decode()
        return cls(status=response.status_code, headers=headers, mimetype=response.mimetype, body=body)

    def again(self) -> func.HttpResponse:
        """Return the answer for a delivery that came once more."""
        headers = {**self.headers, REPLAYED: "true"}
        return func.HttpResponse(self.body, status_code=self.status, headers=headers, mimetype=self.mimetype)


class Handling(StoredModel):
    """How far a delivery is: claimed by a worker until `claimed_until`, or answered, or neither.

    `claim` is another one for each claim, so that a worker knows what it wrote itself.
    """

    fingerprint: str
    claim: str = ""
    claimed_until: datetime | None = None
    answer: KeptAnswer | None = None

    def ended(self, answer: KeptAnswer | None) -> "Handling":
        """Return the same after the end of its claim."""
        return Handling(fingerprint=self.fingerprint, claim=self.claim, answer=answer)


class Deliveries:
    """Handles each delivery once; `clock` measures, in seconds, how old a claim is."""

    def __init__(self, documents: Documents, clock: Callable[[], float] = time.monotonic) -> None:
        self._documents = documents
        self._clock = clock

    def once(
        self, delivery: Delivery, fingerprints: Sequence[str], handle: Callable[[], func.HttpResponse]
    ) -> func.HttpResponse:
        """Return what `handle` answers, or what it answered when the delivery came before.

        `fingerprints` tell what the delivery asks for: the first is written down, each is taken for the same request.
        Raises a Problem (409) while another worker has the delivery, one (422) if its id came with another request, and
        one (503) where the storage was so slow that a claim would not last.
        """
        name, latest = _name(delivery), self._clock() + LATEST_START.total_seconds()
        document = self._documents.read(name)
        seen = _parse(document.content)
        if seen is not None:
            _require_same(seen, fingerprints)
            if seen.answer is not None:
                return seen.answer.again()
            _require_free(seen, document.read_at)
        until = document.read_at + CLAIM
        claim = Handling(fingerprint=fingerprints[0], claim=uuid.uuid4().hex, claimed_until=until)
        etag = self._claim(name, claim, document.etag)
        if self._clock() > latest:
            self._release(name, claim, etag)
            raise Problem("StorageUnavailable", "the app's storage was too slow", retry_after_s=_RETRY_AFTER_S)
        return self._handle(name, etag, claim, handle)

    def prune(self) -> None:
        """Forget the deliveries of more than seven days ago."""
        oldest = self._documents.read(f"{_FOLDER}now").read_at - KEPT_FOR
        for name in self._documents.unchanged_since(_FOLDER, oldest):
            self._documents.delete(name, unchanged_since=oldest)

    def _claim(self, name: str, claim: Handling, etag: str | None) -> str:
        try:
            return self._write(name, claim, etag)
        except StateConflict:
            raise _in_progress() from None

    def _release(self, name: str, claim: Handling, etag: str) -> None:
        """Give up a claim, which expires anyway."""
        with suppress(StateConflict, AzureError):
            self._write(name, claim.ended(None), etag)

    def _handle(
        self, name: str, etag: str, claim: Handling, handle: Callable[[], func.HttpResponse]
    ) -> func.HttpResponse:
        answer = None
        try:
            response = handle()
            answer = KeptAnswer.of(response) if _is_success(response) else None
        finally:
            self._settle(name, claim.ended(answer), etag)
        return response

    def _settle(self, name: str, handling: Handling, etag: str) -> None:
        """Store the outcome of a claim. The caller gets its answer even if that fails: the claim expires."""
        try:
            self._write(name, handling, etag)
        except StateConflict:
            log.warning(
                "a delivery was handled for longer than its claim lasts, so another worker may have done it too"
            )
        except AzureError:
            log.exception("storage did not take the answer of a delivery, which would be done again if it came again")

    def _write(self, name: str, handling: Handling, etag: str | None) -> str:
        return write_own(self._documents, name, handling.model_dump_json().encode(), etag)


def _require_same(seen: Handling, fingerprints: Sequence[str]) -> None:
    if seen.fingerprint not in fingerprints:
        message = "this delivery id came before with another body, method or path; nothing was done"
        raise Problem("DeliveryDiffers", message)


def _require_free(seen: Handling, now: datetime) -> None:
    if seen.claimed_until is not None and seen.claimed_until > now:
        raise _in_progress()


def _in_progress() -> Problem:
    message = "this delivery came before and is still being handled"
    return Problem("DeliveryInProgress", message, retry_after_s=_RETRY_AFTER_S)


def _is_success(response: func.HttpResponse) -> bool:
    status: int = response.status_code
    return HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES


def _parse(content: bytes | None) -> Handling | None:
    """Read what is stored; what cannot be read counts as never seen, or no retry could ever get through."""
    try:
        return Handling.model_validate_json(content or b"")
    except ValidationError:
        return None


def _name(delivery: Delivery) -> str:
    """Return the document's name, in which the sender's text is only a digest."""
    digest = hashlib.sha256(f"{delivery.style} {delivery.id}".encode()).hexdigest()
    return f"{_FOLDER}{digest}.json"
