"""Standard Webhooks signatures, for what the relay sends and for what it is sent.

Rules: the specification 1.0.0, https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md,
section "Signature scheme", the symmetric one.
"""

import base64
import binascii
import hashlib
import hmac
import re
from dataclasses import dataclass, field

PREFIX = "whsec_"
_KEY_BYTES = range(24, 65)


@dataclass(frozen=True, slots=True)
class Secret:
    """A key that sender and receiver share; it is not in the `repr`."""

    key: bytes = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> "Secret":
        """Read `whsec_` and base64; raise ValueError, which does not repeat the text, if it is something else."""
        encoded = text.removeprefix(PREFIX)
        try:
            key = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
        except (binascii.Error, ValueError):
            key = b""
        if not text.startswith(PREFIX) or len(key) not in _KEY_BYTES:
            raise ValueError(f"expected {PREFIX} and the base64 of {_KEY_BYTES[0]} to {_KEY_BYTES[-1]} random bytes")
        return cls(key)


def parse_secrets(text: str) -> tuple[Secret, ...]:
    """Read secrets that spaces or commas separate: more than one while a secret is being replaced.

    Raises ValueError if there is none, or if one is not a secret.
    """
    return tuple(Secret.parse(one) for one in re.split(r"[\s,]+", text.strip(" ,\t\r\n")))


def sign(secret: Secret, message_id: str, timestamp: int, body: bytes) -> str:
    """Return one signature as it stands in the header `webhook-signature`; `timestamp` is Unix time in seconds.

    The id must not contain a full stop, since full stops separate the signed parts.
    """
    signed = f"{message_id}.{timestamp}.".encode() + body
    digest = hmac.new(secret.key, signed, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"
