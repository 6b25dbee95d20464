"""Who sent a request: HMAC signatures over its raw bytes, in GitHub's style or as Standard Webhooks.

Svix, where Standard Webhooks comes from, sends the same under its own names. A request that is signed in any other way
is refused, since its sender may rely on the signature.

Rules: GitHub's page "Validating webhook deliveries", and the specification of Standard Webhooks 1.0.0. What a header
holds is never repeated, and nothing that it may hold raises anything but a Problem (401).
"""

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from shared.api.problem import Problem
from shared.webhooks.secrets import WebhookSecret
from shared.webhooks.standard import sign

WINDOW_S = 300

UNDERSTOOD = "X-Hub-Signature-256, or webhook-id, webhook-timestamp and webhook-signature (or svix-id and so on)"

# One of these makes a request a signed one; the last is GitHub's SHA-1, which is not taken.
_GITHUB = ("x-hub-signature-256", "x-hub-signature")
_STANDARD = ("id", "timestamp", "signature")
_PREFIXES = ("webhook-", "svix-")
_KNOWN = frozenset({*_GITHUB, *(f"{prefix}signature" for prefix in _PREFIXES)})
_SIGNATURE_HEADER = re.compile(r"signature|hmac", re.IGNORECASE)

_GITHUB_SIGNATURE = re.compile(r"sha256=[0-9a-fA-F]{64}")
_GITHUB_ID = re.compile(r"[!-~]{1,200}")
_STANDARD_ID = re.compile(r"[!-\-/-~]{1,200}")
_TIMESTAMP = re.compile(r"0|[1-9][0-9]{0,11}")
_ONE_SIGNATURE = r"[A-Za-z0-9]+,[A-Za-z0-9+/=]+"
_SIGNATURES = re.compile(rf"{_ONE_SIGNATURE}(?: {_ONE_SIGNATURE})*")


@dataclass(frozen=True, slots=True)
class Delivery:
    """A request whose signature is right; `id` is the sender's own, the same whenever it sends the same again.

    GitHub signs neither its id nor a time, so there both are only as good as the way that the request came.
    """

    style: Literal["github", "standard"]
    id: str | None


def verified(
    headers: Mapping[str, str], body: bytes, secrets: Sequence[WebhookSecret], now: datetime
) -> Delivery | None:
    """Return the delivery, or None if the request is not signed; raise a Problem (401) if its signature is not valid.

    `headers` has its names in lower case, or does not mind the case.
    """
    if any(_SIGNATURE_HEADER.search(name) and name.lower() not in _KNOWN for name in headers):
        raise refused("SignatureUnknown", f"the request is signed in a style that is not known; expected {UNDERSTOOD}")
    github = any(name in headers for name in _GITHUB)
    prefixes = [prefix for prefix in _PREFIXES if any(f"{prefix}{name}" in headers for name in _STANDARD)]
    if not (github or prefixes):
        return None
    if github + len(prefixes) > 1:
        raise refused("SignatureMalformed", "expected a signature in one style, and found headers of two")
    if not secrets:
        raise refused("SignatureNotChecked", "the request is signed, but the app has no secrets to check that with")
    return _github(headers, body, secrets) if github else _standard(headers, prefixes[0], body, secrets, now)


def refused(code: str, detail: str) -> Problem:
    """Return the refusal of a request that does not show who sent it."""
    return Problem(code, detail)


def _github(headers: Mapping[str, str], body: bytes, secrets: Sequence[WebhookSecret]) -> Delivery:
    signature = _header(headers, "X-Hub-Signature-256", _GITHUB_SIGNATURE, "`sha256=` and 64 hexadecimal digits")
    sent_id = None
    if "x-github-delivery" in headers:
        sent_id = _header(headers, "X-GitHub-Delivery", _GITHUB_ID, "at most 200 printable ASCII characters")
    expected = [f"sha256={hmac.new(secret.text, body, hashlib.sha256).hexdigest()}" for secret in secrets]
    _require_match([signature.lower()], expected)
    return Delivery("github", sent_id)


def _standard(
    headers: Mapping[str, str], prefix: str, body: bytes, secrets: Sequence[WebhookSecret], now: datetime
) -> Delivery:
    sent_id = _header(headers, f"{prefix}id", _STANDARD_ID, "at most 200 printable ASCII characters and no full stop")
    timestamp = int(_header(headers, f"{prefix}timestamp", _TIMESTAMP, "Unix time in whole seconds"))
    signatures = _header(headers, f"{prefix}signature", _SIGNATURES, "`v1,` and base64, or more of that after spaces")
    keys = [secret.standard for secret in secrets if secret.standard]
    if not keys:
        raise refused("SignatureNotChecked", "the app has no secret that begins with whsec_, as Standard Webhooks' do")
    if abs(now.timestamp() - timestamp) > WINDOW_S:
        raise refused("SignatureExpired", f"expected a timestamp within {WINDOW_S} seconds of the app's clock")
    _require_match(signatures.split(" "), [sign(key, sent_id, timestamp, body) for key in keys])
    return Delivery("standard", sent_id)


def _header(headers: Mapping[str, str], name: str, form: re.Pattern[str], expected: str) -> str:
    value = headers.get(name.lower(), "")
    if not form.fullmatch(value):
        raise refused("SignatureMalformed", f"expected the header {name}: {expected}")
    return value


def _require_match(given: Sequence[str], expected: Sequence[str]) -> None:
    """Compare in a time that does not tell how much of a signature was right."""
    if not any(hmac.compare_digest(one, right) for one in given for right in expected):
        raise refused("SignatureWrong", "no secret of the app makes this signature from these bytes")
