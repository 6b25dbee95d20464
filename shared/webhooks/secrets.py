"""The secrets that senders of webhooks share with the app, as the operator sets them."""

import json
import re
from dataclasses import dataclass, field

from shared.webhooks.standard import PREFIX, Secret

SHORTEST_TEXT = 8
# Some senders show a secret with the version of their signatures in front.
_VERSION = re.compile(rf"(?<![^\s,])v1,(?={PREFIX})")

# Where a reference cannot be resolved Azure hands over its own text (docs: app-service-key-vault-references), which
# every reader of the app's configuration knows.
_UNRESOLVED = "@Microsoft.KeyVault("


@dataclass(frozen=True, slots=True)
class WebhookSecret:
    """One secret, which no `repr` shows.

    `text` is the key in GitHub's style: the secret as it was typed, whatever it begins with. `standard` is the key of
    Standard Webhooks: what stands in base64 after `whsec_`; None for a secret of another form.
    """

    text: bytes = field(repr=False)
    standard: Secret | None = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> "WebhookSecret":
        """Return the secret; raise ValueError, which does not repeat the text, if it is too short or a broken one."""
        if text.startswith(PREFIX):
            return cls(text.encode(), Secret.parse(text))
        if len(text) < SHORTEST_TEXT:
            raise ValueError(f"expected at least {SHORTEST_TEXT} characters")
        return cls(text.encode(), None)


def parse_webhook_secrets(text: str) -> tuple[WebhookSecret, ...]:
    """Return the secrets, separated by commas or lines or as a JSON list; raise ValueError that counts, not quotes."""
    if text.lstrip().startswith(_UNRESOLVED):
        raise ValueError("expected secrets, and found a Key Vault reference that Azure could not resolve")
    texts = _json_list(text) if text.lstrip().startswith("[") else _separated(text)
    if not texts:
        raise ValueError("expected at least one secret")
    return tuple(_parsed(place, text) for place, text in enumerate(texts, 1))


def _separated(text: str) -> list[str]:
    """Return what stands between commas and line breaks, and around a secret of Standard Webhooks between spaces.

    Those never have a space inside, while others may, as GitHub's own example has.
    """
    parts = [part.strip() for part in re.split(rf"[,\n]|\s(?={PREFIX})", _VERSION.sub("", text))]
    return [part for part in parts if part]


def _json_list(text: str) -> list[str]:
    try:
        texts = json.loads(text)
    except (ValueError, RecursionError):
        texts = None
    if not isinstance(texts, list) or not all(isinstance(each, str) for each in texts):
        raise ValueError("expected a JSON list of strings, since it begins with `[`")
    return texts


def _parsed(place: int, text: str) -> WebhookSecret:
    try:
        return WebhookSecret.parse(text)
    except UnicodeEncodeError:
        raise ValueError(f"secret {place}: expected text that UTF-8 can hold") from None
    except ValueError as error:
        raise ValueError(f"secret {place}: {error}") from None
