import base64
import json

import pytest

from shared.webhooks.secrets import WebhookSecret, parse_webhook_secrets
from shared.webhooks.standard import Secret

KEY = bytes(range(32))
STANDARD = "whsec_" + base64.b64encode(KEY).decode()
PLAIN = "canary-of-eight-characters"


@pytest.mark.parametrize(
    "text", [f"{PLAIN} {STANDARD}", f"{PLAIN}\n{STANDARD}", f" {PLAIN}, {STANDARD},\n", json.dumps([PLAIN, STANDARD])]
)
def test_secrets_are_separated_by_commas_or_line_breaks_or_a_json_list(text: str) -> None:
    plain, standard = parse_webhook_secrets(text)
    assert plain == WebhookSecret(PLAIN.encode(), None)
    assert standard == WebhookSecret(STANDARD.encode(), Secret(KEY))


def test_the_version_that_some_senders_show_in_front_of_a_secret_is_no_secret() -> None:
    for text in (f"v1,{STANDARD}", f"{PLAIN},v1,{STANDARD}", f"{PLAIN}\nv1,{STANDARD}"):
        assert parse_webhook_secrets(text)[-1].standard == Secret(KEY)
    assert len(parse_webhook_secrets(f"v1,{STANDARD}")) == 1


def test_a_secret_may_have_spaces_and_in_a_json_list_commas_too() -> None:
    assert parse_webhook_secrets("It's a Secret to Everybody")[0].text == b"It's a Secret to Everybody"
    assert parse_webhook_secrets('["It\'s a secret, to everybody"]')[0].text == b"It's a secret, to everybody"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (" , ", "expected at least one secret"),
        ("[]", "expected at least one secret"),
        (
            "@Microsoft.KeyVault(SecretUri=https://canary.vault.azure.net/secrets/canary)",
            "expected secrets, and found a Key Vault reference that Azure could not resolve",
        ),
        ("[canary", "expected a JSON list of strings, since it begins with `[`"),
        ('["canary", 3]', "expected a JSON list of strings, since it begins with `[`"),
        ("[" * 100_000, "expected a JSON list of strings, since it begins with `[`"),
        (f"{PLAIN}, canary", "secret 2: expected at least 8 characters"),
        ('[""]', "secret 1: expected at least 8 characters"),
        ("whsec_canary", "secret 1: expected whsec_ and the base64 of 24 to 64 random bytes"),
        (f'["{PLAIN}\\ud800"]', "secret 1: expected text that UTF-8 can hold"),
    ],
)
def test_what_cannot_be_used_is_refused_without_being_repeated(text: str, expected: str) -> None:
    with pytest.raises(ValueError, match="expected") as raised:
        parse_webhook_secrets(text)
    assert str(raised.value) == expected
    assert raised.value.__cause__ is None


def test_no_repr_shows_a_secret() -> None:
    assert repr(parse_webhook_secrets(f"{PLAIN},{STANDARD}")) == "(WebhookSecret(), WebhookSecret())"
