"""Two apps under one name on one storage account are told so; one app, however often it changes, is not."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.sync.claim import Claims, digest_of
from shared.sync.decide import Policy
from tests.unit.memory import Clock, MemoryDocuments, make_route

POLICY = Policy(quiet=timedelta(seconds=5), longest_wait=timedelta(seconds=60))


def swept(order: str) -> Claims:
    """Let apps sweep in this order, each letter being what one is set to do."""
    documents = MemoryDocuments(Clock())
    for letter in order:
        Claims(documents, letter).renew()
    return Claims(documents, order[-1])


@pytest.mark.parametrize("order", ["ababab", "aababab", "aabbaabba", "abcabc"])
def test_two_apps_that_sweep_by_turns_contest_the_name(order: str, caplog: pytest.LogCaptureFixture) -> None:
    assert swept(order).is_contested()
    assert "RELAY_APP_NAME" in caplog.text


@pytest.mark.parametrize(
    "order",
    ["a", "aaaaaaaaaa", "aaabbbb", "aabbaa", "aaabab", "abcdefgh"],
    ids=["new", "steady", "changed", "rolled back", "an old instance sweeps once more", "changed again and again"],
)
def test_one_app_does_not_contest_its_own_name(order: str, caplog: pytest.LogCaptureFixture) -> None:
    assert not swept(order).is_contested()
    assert caplog.text == ""


def test_a_name_is_uncontested_again_soon_after_the_other_app_is_gone() -> None:
    assert not swept("ababab" + "aaaaa").is_contested()


def test_an_unreadable_claim_is_as_good_as_none() -> None:
    documents = MemoryDocuments(Clock())
    documents.write("claim.json", b"{", None)
    claims = Claims(documents, "a")
    claims.renew()
    assert not claims.is_contested()


def test_what_an_app_is_set_to_do_is_the_same_after_a_restart_and_another_with_other_settings() -> None:
    assert digest_of([make_route()], POLICY) == digest_of([make_route()], replace(POLICY))
    others = [
        digest_of([make_route("other")], POLICY),
        digest_of([make_route(environment="sample-3")], POLICY),
        digest_of([make_route(folder="files/other")], POLICY),
        digest_of([make_route()], replace(POLICY, quiet=timedelta(seconds=9))),
        digest_of([make_route()], POLICY, ("app-of-another-team", None)),
        digest_of([make_route()], POLICY, (None, "staging")),
    ]
    assert len({digest_of([make_route()], POLICY), *others}) == 7
