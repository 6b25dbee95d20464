"""Who signed a request: GitHub's own example, Standard Webhooks' own package, and whatever else may come."""

import base64
import hashlib
import hmac
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http import HTTPStatus

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from shared.api.problem import Problem
from shared.api.signed.signatures import Delivery, verified
from shared.webhooks.secrets import WebhookSecret
from shared.webhooks.standard import PREFIX

NOW = datetime(2026, 1, 1, 12, 0, 0, tzinfo=UTC)
OLD, NEW, STRANGERS = (PREFIX + base64.b64encode(bytes([n]) * 32).decode() for n in range(3))
BODY = '{"name": "sämple"}'.encode()

# From GitHub's page "Validating webhook deliveries", section "Testing the webhook payload validation".
GITHUBS_SECRET = "It's a Secret to Everybody"  # noqa: S105 - published
GITHUBS_BODY = b"Hello, World!"
GITHUBS_SIGNATURE = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"


def secrets(*texts: str) -> list[WebhookSecret]:
    return [WebhookSecret.parse(text) for text in texts]


def github(secret: str, body: bytes = BODY) -> dict[str, str]:
    signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {"x-hub-signature-256": f"sha256={signature}", "x-github-delivery": "72d3162e"}


def standard(secret: str, at: datetime = NOW, message_id: str = "msg_1", body: bytes = BODY) -> dict[str, str]:
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign(message_id, at, body.decode()),
    }


def refusal(headers: dict[str, str], *texts: str, body: bytes = BODY) -> str | None:
    """Return the code of the refusal, which has to be a 401 that repeats nothing."""
    with pytest.raises(Problem) as raised:
        verified(headers, body, secrets(*texts), NOW)
    assert raised.value.status == HTTPStatus.UNAUTHORIZED
    assert not any(value in raised.value.detail for value in (*headers.values(), *texts) if len(value) > 5)
    return raised.value.code


def test_githubs_published_example_is_verified() -> None:
    headers = {"x-hub-signature-256": GITHUBS_SIGNATURE}
    assert verified(headers, GITHUBS_BODY, secrets(GITHUBS_SECRET), NOW) == Delivery("github", None)
    upper = {"x-hub-signature-256": "sha256=" + GITHUBS_SIGNATURE.removeprefix("sha256=").upper()}
    assert verified(upper, GITHUBS_BODY, secrets(GITHUBS_SECRET), NOW) == Delivery("github", None)
    assert refusal(headers, GITHUBS_SECRET, body=GITHUBS_BODY + b" ") == "SignatureWrong"


def test_the_standard_package_is_understood_as_sender() -> None:
    assert verified(standard(NEW), BODY, secrets(NEW), NOW) == Delivery("standard", "msg_1")


def test_in_githubs_style_a_secret_is_its_text_whatever_it_begins_with() -> None:
    assert verified(github(NEW), BODY, secrets(NEW), NOW) == Delivery("github", "72d3162e")


def test_a_request_without_any_such_header_is_not_signed() -> None:
    headers = {"x-github-delivery": "72d3162e", "x-github-event": "ping"}
    assert verified(headers, BODY, secrets(NEW), NOW) is None
    assert verified(headers, BODY, [], NOW) is None


@pytest.mark.parametrize("sender", [OLD, NEW])
@pytest.mark.parametrize("sign", [github, standard])
def test_while_a_secret_is_replaced_both_are_good(sign: Callable[..., dict[str, str]], sender: str) -> None:
    assert verified(sign(sender), BODY, secrets(NEW, OLD), NOW)


def test_a_sender_that_signs_with_several_secrets_is_good_with_one_of_ours() -> None:
    strange, ours = standard(STRANGERS), standard(NEW)
    both = f"v1a,AAAA {strange['webhook-signature']} {ours['webhook-signature']}"
    assert verified(ours | {"webhook-signature": both}, BODY, secrets(NEW), NOW)


@pytest.mark.parametrize("sign", [github, standard])
def test_a_changed_body_and_a_strangers_secret_are_refused(sign: Callable[..., dict[str, str]]) -> None:
    assert refusal(sign(NEW), NEW, body=BODY + b"\n") == "SignatureWrong"
    assert refusal(sign(STRANGERS), NEW, OLD) == "SignatureWrong"


@pytest.mark.parametrize("header", ["webhook-id", "webhook-timestamp"])
def test_id_and_time_are_signed_too(header: str) -> None:
    other = {"webhook-id": "msg_2", "webhook-timestamp": str(int(NOW.timestamp()) + 1)}[header]
    assert refusal(standard(NEW) | {header: other}, NEW) == "SignatureWrong"


@pytest.mark.parametrize("seconds", [-300, 0, 300])
def test_five_minutes_before_and_after_are_inside_the_window(seconds: int) -> None:
    assert verified(standard(NEW, NOW + timedelta(seconds=seconds)), BODY, secrets(NEW), NOW)


@pytest.mark.parametrize("seconds", [-301, 301, 10**9])
def test_what_lies_further_off_is_refused_in_both_directions(seconds: int) -> None:
    assert refusal(standard(NEW, NOW + timedelta(seconds=seconds)), NEW) == "SignatureExpired"


@pytest.mark.parametrize("sign", [github, standard])
def test_without_secrets_no_caller_is_left_to_believe_that_a_signature_was_checked(
    sign: Callable[..., dict[str, str]],
) -> None:
    assert refusal(sign(NEW)) == "SignatureNotChecked"


def test_a_secret_that_only_github_can_use_does_not_check_standard_webhooks() -> None:
    assert refusal(standard(NEW), GITHUBS_SECRET) == "SignatureNotChecked"


@pytest.mark.parametrize(
    "headers",
    [
        {"x-hub-signature-256": ""},
        {"x-hub-signature-256": GITHUBS_SIGNATURE.removeprefix("sha256=")},
        {"x-hub-signature-256": f"{GITHUBS_SIGNATURE}\n"},
        {"x-hub-signature-256": f"{GITHUBS_SIGNATURE},{GITHUBS_SIGNATURE}"},
        {"x-hub-signature": "sha1=" + "0" * 40},
        github(NEW) | {"x-github-delivery": ""},
        github(NEW) | {"x-github-delivery": "x" * 201},
        github(NEW) | standard(NEW),
        {"webhook-id": "msg_1"},
        {"webhook-timestamp": "1"},
        standard(NEW) | {"webhook-signature": "v1"},
        standard(NEW) | {"webhook-signature": "v1,"},
        standard(NEW) | {"webhook-signature": standard(NEW)["webhook-signature"] + " "},
        standard(NEW) | {"webhook-signature": standard(NEW)["webhook-signature"] + " v1,*"},
        standard(NEW) | {"webhook-timestamp": "1767268800.0"},
        standard(NEW) | {"webhook-timestamp": "+1767268800"},
        standard(NEW) | {"webhook-timestamp": "٣"},
        standard(NEW) | {"webhook-timestamp": "9" * 5000},
        standard(NEW) | {"webhook-id": "a.1767268800"},
        standard(NEW) | {"webhook-id": "sämple"},
    ],
)
def test_a_malformed_header_is_refused(headers: dict[str, str]) -> None:
    assert refusal(headers, NEW) == "SignatureMalformed"


NAMES = ("x-hub-signature-256", "x-hub-signature", "x-github-delivery", *standard(NEW))
ANYTHING = st.one_of(
    st.text(st.characters(codec=None), max_size=40),
    st.from_regex(r"v1,[A-Za-z0-9+/]{43}=( v1a?,[A-Za-z0-9+/]{43}=?)*", fullmatch=True),
    st.from_regex(r"sha256=[0-9a-fA-F]{64}", fullmatch=True),
    st.integers(-(10**13), 10**13).map(str),
)


@given(headers=st.dictionaries(st.sampled_from(NAMES), ANYTHING), body=st.binary(max_size=40))
def test_whatever_the_headers_hold_is_a_401_or_no_signature_at_all(headers: dict[str, str], body: bytes) -> None:
    try:
        assert verified(headers, body, secrets(NEW, GITHUBS_SECRET), NOW) is None
    except Problem as problem:
        assert problem.status == HTTPStatus.UNAUTHORIZED  # noqa: PT017 - whether one is raised is open


@given(message_id=st.from_regex(r"[!-\-/-~]{1,200}", fullmatch=True), body=st.text())
def test_whatever_the_standard_package_signs_is_good(message_id: str, body: str) -> None:
    signed = standard(NEW, NOW, message_id, body.encode())
    assert verified(signed, body.encode(), secrets(OLD, NEW), NOW) == Delivery("standard", message_id)
