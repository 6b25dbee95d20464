import re

import pytest

from local.app_settings import sample
from shared.settings import read_settings
from shared.storage.names import StorageNames, storage_names

# Docs, naming-queues-and-metadata: the same for containers, in letters of lower case.
LEGAL = re.compile(r"(?=.{3,63}$)[a-z0-9]+(?:-[a-z0-9]+)*")
SITES = ["func-relay", "F", "func--relay", "-relay-", "ünï", "x" * 60, "x" * 59 + "y", "Func-Relay-" + "9" * 49]


def test_without_an_identity_the_names_are_the_plain_ones() -> None:
    names = storage_names(None, None, None)
    assert (names.container, names.wake_ups) == ("dag-relay", "dag-relay-wake-ups")
    assert names.notifications == "dag-relay-notifications"


@pytest.mark.parametrize("site", SITES)
@pytest.mark.parametrize("slot", [None, "Production", "staging", "x" * 59])
def test_every_site_and_slot_has_legal_names(site: str, slot: str | None) -> None:
    names = storage_names(site, slot, None)
    longest = (names.container, f"{names.wake_ups}-poison", f"{names.notifications}-poison")
    assert [name for name in longest if not LEGAL.fullmatch(name)] == []


def test_sites_and_slots_that_differ_have_names_that_differ() -> None:
    slots = [None, "staging", "test", "b"]
    found = {storage_names(site, slot, None).app for site in [*SITES, "a", "a-b"] for slot in slots}
    assert len(found) == (len(SITES) + 2) * len(slots)


def test_the_production_slot_and_upper_case_are_the_same_app() -> None:
    assert storage_names("Func-Relay", "Production", None) == storage_names("func-relay", None, None)


def test_a_name_counts_only_where_azure_gives_none() -> None:
    given = {"RELAY_APP_NAME": "north"}
    assert read_settings(sample() | given).storage_names == StorageNames("north")
    assert read_settings(sample() | given | {"WEBSITE_SITE_NAME": "func"}).storage_names == StorageNames("func")
