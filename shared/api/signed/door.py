"""The door in front of handlers that change something: it asks who sent a request, and whether it came before."""

import hmac
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import azure.functions as func

from shared.api.request import RequestUrl, content_of, parameters_of
from shared.api.response import answering
from shared.api.signed.deliveries import Deliveries
from shared.api.signed.signatures import Delivery, refused, verified
from shared.webhooks.secrets import WebhookSecret


@dataclass(frozen=True, slots=True)
class Door:
    """What the operator decided about signatures. `now` may be the local clock: the window is five minutes wide."""

    secrets: tuple[WebhookSecret, ...]
    unsigned: Literal["allow", "refuse"]
    deliveries: Callable[[], Deliveries]
    now: Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Signed:
    """A handler behind the door.

    `body_says_all` is false where the path says what to do. GitHub's style signs nothing but the body, so that there a
    signature that somebody overheard would do for any environment, for ever; it is not taken.
    """

    handle: Callable[[func.HttpRequest], func.HttpResponse]
    door: Door
    body_says_all: bool

    @answering
    def answer(self, request: func.HttpRequest) -> func.HttpResponse:
        """Hand the request on if the door is open to it and it did not come before."""
        body = content_of(request)
        delivery = verified(request.headers, body, self.door.secrets, self.door.now())
        self._require_signature(delivery)
        if delivery is None or delivery.id is None:
            return self.handle(request)
        prints = _fingerprints(request, body, self.door.secrets)
        return self.door.deliveries().once(delivery, prints, lambda: self.handle(request))

    def _require_signature(self, delivery: Delivery | None) -> None:
        if delivery is None and self.door.unsigned == "refuse":
            raise refused(
                "SignatureMissing", "expected a signature: X-Hub-Signature-256, or Standard Webhooks' headers"
            )
        if delivery and delivery.style == "github" and not self.body_says_all:
            message = "X-Hub-Signature-256 signs the body alone, which says nothing here: expected Standard Webhooks"
            raise refused("SignatureTooWeak", message)


def _fingerprints(request: func.HttpRequest, body: bytes, secrets: Sequence[WebhookSecret]) -> list[str]:
    """Return what tells this request from others with its id, one for each secret, so that rotation changes nothing.

    It is keyed, since nobody who reads storage may try out passwords on it, and no SHA-256, since it is no signature.
    """
    asked = [request.method, RequestUrl.of(request).path, sorted(parameters_of(request))]
    content = json.dumps(asked).encode() + b"\n" + body
    return [hmac.digest(secret.text, content, "sha512").hex() for secret in secrets]
