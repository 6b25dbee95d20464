import base64
import secrets
from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from shared.webhooks.standard import Secret, parse_secrets, sign

KEY = bytes(range(32))
TEXT = "whsec_" + base64.b64encode(KEY).decode()
BODY = '{"type":"route.failed","data":"ünï"}'.encode()


def headers(signature: str, timestamp: int) -> dict[str, str]:
    return {"webhook-id": "msg_1", "webhook-timestamp": str(timestamp), "webhook-signature": signature}


def now() -> int:
    return int(datetime.now(UTC).timestamp())


def test_the_reference_implementation_takes_a_signature_of_ours() -> None:
    at = now()
    signed = headers(sign(Secret.parse(TEXT), "msg_1", at, BODY), at)
    assert Webhook(TEXT).verify(BODY, signed) == {"type": "route.failed", "data": "ünï"}


@pytest.mark.parametrize("changed", ["id", "timestamp", "body", "secret"])
def test_a_signature_is_good_for_one_id_time_body_and_secret_only(changed: str) -> None:
    at = now()
    signed = headers(sign(Secret.parse(TEXT), "msg_1", at, BODY), at)
    other = {"id": {"webhook-id": "msg_2"}, "timestamp": {"webhook-timestamp": str(at + 1)}}.get(changed, {})
    secret = TEXT if changed != "secret" else "whsec_" + base64.b64encode(KEY[::-1]).decode()
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(BODY + b" " * (changed == "body"), signed | other)


def test_the_signature_is_the_one_of_the_reference_implementation() -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    theirs = Webhook(TEXT).sign("msg_1", at, BODY.decode())
    assert sign(Secret.parse(TEXT), "msg_1", int(at.timestamp()), BODY) == theirs


def test_secrets_are_separated_by_spaces_or_commas() -> None:
    texts = ["whsec_" + base64.b64encode(secrets.token_bytes(24)).decode() for _ in range(3)]
    assert parse_secrets(f" {texts[0]},{texts[1]}, {texts[2]} ") == tuple(Secret.parse(text) for text in texts)


def test_a_secret_may_come_without_padding() -> None:
    assert Secret.parse(TEXT.rstrip("=")) == Secret(KEY)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " , ",
        TEXT.removeprefix("whsec_"),
        "whsec_",
        "whsec_canary!",
        "whsec_" + "A" * 31,
        "whsec_" + "A" * 88,
        "whsk_A",
    ],
)
def test_what_is_no_secret_is_refused_without_being_repeated(text: str) -> None:
    with pytest.raises(ValueError, match="expected whsec_ and the base64 of 24 to 64") as raised:
        parse_secrets(text)
    assert "canary" not in str(raised.value)


def test_a_secret_does_not_show_its_key() -> None:
    assert repr(Secret(KEY)) == "Secret()"
