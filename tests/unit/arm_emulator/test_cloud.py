"""What clients ask the emulator before they ask for Data Factory."""

from collections.abc import Callable

import pytest

from local.arm.exchange import Answer
from tests.unit.arm_emulator.conftest import FACTORY

Ask = Callable[..., Answer]
EMULATOR = "http://127.0.0.1:7072"
NO_TOKEN = {"authorization": ""}


def endpoints(ask: Ask, version: str) -> Answer:
    return ask("GET", "/metadata/endpoints", query={"api-version": version}, headers=NO_TOKEN)


@pytest.mark.parametrize("version", ["1.0", "2015-01-01"])
def test_an_old_client_gets_one_cloud_without_a_token(ask: Ask, version: str) -> None:
    answer = endpoints(ask, version)
    assert isinstance(answer.body, dict)
    assert answer.body["authentication"] == {
        "loginEndpoint": f"{EMULATOR}/_emulator/login",
        "audiences": [
            "https://management.core.windows.net/",
            "https://management.core.windows.net",
            "https://management.azure.com/",
            "https://management.azure.com",
        ],
    }


def test_a_newer_client_gets_a_list_of_clouds(ask: Ask) -> None:
    body = endpoints(ask, "2019-05-01").body
    assert isinstance(body, list)
    assert [cloud["resourceManager"] for cloud in body if isinstance(cloud, dict)] == [EMULATOR]


def test_the_newest_clients_get_one_cloud(ask: Ask) -> None:
    body = endpoints(ask, "2022-09-01").body
    assert isinstance(body, dict)
    assert body["resourceManager"] == EMULATOR


@pytest.mark.parametrize("path", ["/metadata/endpoints", "/subscriptions"])
def test_a_version_is_asked_for(ask: Ask, path: str) -> None:
    assert ask("GET", path, query={}).status == 400


@pytest.mark.parametrize("path", ["/metadata/endpoints", "/subscriptions"])
def test_only_get_is_taken(ask: Ask, path: str) -> None:
    assert ask("POST", path, query={"api-version": "2022-12-01"}).status == 405


def test_the_seeded_subscription_is_listed(ask: Ask) -> None:
    body = ask("GET", "/subscriptions", query={"api-version": "2022-12-01"}).body
    assert isinstance(body, dict)
    assert isinstance(body["value"], list)
    assert [each["id"] for each in body["value"] if isinstance(each, dict)] == [FACTORY.partition("/resourceGroups")[0]]


def test_subscriptions_are_listed_to_none_without_a_token(ask: Ask) -> None:
    query = {"api-version": "2022-12-01"}
    assert ask("GET", "/subscriptions", query=query, headers={"authorization": "Bearer nonsense"}).status == 401
