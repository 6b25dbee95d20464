import base64
import json
import threading
from contextlib import suppress

import pytest

from shared.arm.clouds import CLOUDS
from shared.errors import NoToken
from shared.rest.caller import RestCaller
from shared.rest.tokens import Tokens
from shared.rest.urls import Service
from shared.targets.fabric_service import ENDPOINT, SCOPE, fabric_service
from tests.waiting import until


class Issued:
    def __init__(self, token: str) -> None:
        self.token = token


class Identity:
    """Gives out tokens with running numbers, and notes what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[dict[str, str]] = []
        self.answers = threading.Event()
        self.answers.set()
        self.error: Exception | None = None

    def get_token(self, *scopes: str, **extra: str) -> Issued:
        self.asked.append({"scope": scopes[0], **extra})
        self.answers.wait(30)
        if self.error:
            raise self.error
        return Issued(f"token-{len(self.asked)}")


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def identity() -> Identity:
    return Identity()


def test_a_token_is_kept_for_a_minute(identity: Identity) -> None:
    clock = Clock()
    tokens = Tokens(identity, "scope", clock)
    assert [tokens.get(9), tokens.get(9)] == ["token-1", "token-1"]
    clock.now = 60
    assert tokens.get(9) == "token-2"


def test_a_token_that_was_asked_for_ahead_is_the_one_that_a_call_gets(identity: Identity) -> None:
    tokens = Tokens(identity, "scope")
    tokens.ask()
    assert tokens.get(30) == "token-1"
    assert len(identity.asked) == 1


def test_a_token_that_was_not_to_be_had_ahead_is_asked_for_again(identity: Identity) -> None:
    tokens = Tokens(identity, "scope")
    identity.error = ValueError("no identity")
    tokens.ask()
    until(lambda: identity.asked, "the identity is asked")
    with suppress(NoToken):
        tokens.get(30)
    identity.error = None
    assert tokens.get(30).startswith("token-")


def test_callers_that_wait_at_the_same_time_wait_for_one_answer(identity: Identity) -> None:
    tokens, got = Tokens(identity, "scope"), []
    identity.answers.clear()
    threads = [threading.Thread(target=lambda: got.append(tokens.get(30))) for _ in range(5)]
    for thread in threads:
        thread.start()
    identity.answers.set()
    for thread in threads:
        thread.join()
    assert got == ["token-1"] * 5


def test_an_identity_that_hangs_does_not_hold_the_call(identity: Identity) -> None:
    identity.answers.clear()
    tokens = Tokens(identity, "scope")
    for _ in range(3):
        with pytest.raises(NoToken):
            tokens.get(0.001)
    assert len(identity.asked) == 1
    identity.answers.set()


def test_whatever_the_identity_raises_is_no_token_and_stays_with_it(identity: Identity) -> None:
    identity.error = RuntimeError("X-IDENTITY-HEADER: secret")
    tokens = Tokens(identity, "scope")
    with pytest.raises(NoToken) as raised:
        tokens.get(9)
    assert raised.value.__cause__ is None
    assert raised.value.__context__ is None
    assert "secret" not in str(raised.value)
    identity.error = None
    assert tokens.get(9) == "token-2"


@pytest.mark.parametrize(
    ("service", "title"), [(CLOUDS["AzureCloud"], "ARM"), (fabric_service(ENDPOINT, SCOPE), "Fabric")]
)
def test_the_service_is_named_that_there_is_no_token_for(service: Service, title: str, identity: Identity) -> None:
    identity.error = RuntimeError("no identity")
    with pytest.raises(NoToken, match=f"got no token for {title}$"):
        RestCaller(service, identity).check_token(deadline_s=9)


def test_a_fresh_token_is_asked_for_with_the_claims_that_arm_names(identity: Identity) -> None:
    tokens = Tokens(identity, "scope")
    claims = '{"access_token": {"nbf": {"essential": true}}}?>'
    encoded = base64.b64encode(claims.encode()).decode().rstrip("=")
    assert tokens.renew(f'Bearer realm="", error="insufficient_claims", claims="{encoded}"', 9) == "token-1"
    assert identity.asked == [{"scope": "scope", "claims": claims}]
    assert tokens.get(9) == "token-1"


@pytest.mark.parametrize("challenge", ["", "Bearer error=x", 'Bearer claims="_"', 'Bearer claims="/////w"'])
def test_without_readable_claims_any_token_that_is_new_will_do(identity: Identity, challenge: str) -> None:
    tokens = Tokens(identity, "scope")
    tokens.get(9)
    assert tokens.renew(challenge, 9) == "token-2"
    assert list(json.loads(identity.asked[1]["claims"])["access_token"]) == ["nbf"]
