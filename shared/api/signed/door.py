"""The check in front of handlers that change something: who sent a request, and whether it came before."""

import hmac
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

import azure.functions as func

from shared.api.request import RequestUrl, content_of, parameters_of
from shared.api.response import answering
from shared.api.signed.signatures import UNDERSTOOD, Delivery, refused, verified
from shared.webhooks.secrets import WebhookSecret

if TYPE_CHECKING:
    from shared.api.signed.deliveries import Deliveries


@dataclass(frozen=True, slots=True)
class Door:
    """The operator's rules for signatures. `now` may be the local clock: the window is five minutes wide."""

    secrets: tuple[WebhookSecret, ...]
    unsigned: Literal["allow", "refuse"]
    deliveries: "Callable[[], Deliveries]"
    now: Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Signed:
    """A handler behind the check.

    `body_says_all` is false where the path says what to do. GitHub's style signs the body alone, so there an
    intercepted signature would be valid for any environment, for ever; it is refused.
    """

    handle: Callable[[func.HttpRequest], func.HttpResponse]
    door: Door
    body_says_all: bool

    @answering
    def answer(self, request: func.HttpRequest) -> func.HttpResponse:
        """Hand the request on if its signature is valid and it did not come before."""
        body = content_of(request, needed=self.body_says_all)
        delivery = verified(request.headers, body, self.door.secrets, self.door.now())
        self._require_signature(delivery)
        if delivery is None or delivery.id is None or _is_dry_run(request):
            return self.handle(request)
        prints = _fingerprints(request, body, self.door.secrets)
        return self.door.deliveries().once(delivery, prints, lambda: self.handle(request))

    def _require_signature(self, delivery: Delivery | None) -> None:
        if delivery is None and self.door.unsigned == "refuse":
            raise refused("SignatureMissing", f"expected a signature: {UNDERSTOOD}")
        if delivery and delivery.style == "github" and not self.body_says_all:
            message = "X-Hub-Signature-256 signs the body alone, which says nothing here: expected Standard Webhooks"
            raise refused("SignatureTooWeak", message)


def _is_dry_run(request: func.HttpRequest) -> bool:
    """Whether nothing is done, so that there is nothing to do only once; its answer may be another one next time."""
    return ("dryrun", "true") in ((name, value.lower()) for name, value in parameters_of(request))


def _fingerprints(request: func.HttpRequest, body: bytes, secrets: Sequence[WebhookSecret]) -> list[str]:
    """Return a fingerprint of the request for each secret, so that rotating secrets changes nothing.

    It is keyed, so that a reader of the storage cannot test passwords against it, and is not SHA-256, so that it is no
    signature.
    """
    asked = [request.method, RequestUrl.of(request).path, sorted(parameters_of(request))]
    content = json.dumps(asked).encode() + b"\n" + body
    return [hmac.digest(secret.text, content, "sha512").hex() for secret in secrets]
