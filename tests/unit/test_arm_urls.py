import re
from urllib.parse import unquote

import pytest
import requests

from shared.adf.names import RESOURCE_GROUP, EnvironmentId, FactoryId
from shared.arm.clouds import CLOUDS, arm_service, resource_url
from shared.rest.urls import Url, same

PUBLIC = CLOUDS["AzureCloud"]
SUBSCRIPTION = "12345678-1234-1234-1234-123456789012"
FACTORY = FactoryId(SUBSCRIPTION, "größe_(1)", "example-adf")
ENVIRONMENT = EnvironmentId(FACTORY, "sample-2")
SEED_RESOURCE_GROUP = r"^[-\w\._\(\)]+$"


def test_the_seeds_rule_lets_a_resource_group_through_that_requests_swallows() -> None:
    assert re.match(SEED_RESOURCE_GROUP, "..")
    meant = f"{PUBLIC.endpoint}/subscriptions/{SUBSCRIPTION}/resourceGroups/../providers/x"
    prepared = requests.Request("PUT", meant).prepare().url
    assert prepared == f"{PUBLIC.endpoint}/subscriptions/{SUBSCRIPTION}/providers/x"
    assert not same(meant, prepared)


def test_such_a_name_is_refused_before_there_is_a_url() -> None:
    with pytest.raises(ValueError, match="resource group"):
        RESOURCE_GROUP.check("..")
    with pytest.raises(ValueError, match="parts of a path"):
        resource_url("subscriptions", SUBSCRIPTION, "resourceGroups", "..")


def test_every_part_is_quoted_and_arrives_as_it_was_meant() -> None:
    url = resource_url("a/b", "%2e%2e", "ö?#&", "(x)").at(PUBLIC.endpoint)
    assert url == "https://management.azure.com/a%2Fb/%252e%252e/%C3%B6%3F%23%26/%28x%29?api-version=2018-06-01"
    assert same(url, requests.Request("GET", url).prepare().url or "")


def test_the_path_of_an_ids_url_is_its_text_quoted() -> None:
    assert unquote(resource_url(*ENVIRONMENT.segments).path) == str(ENVIRONMENT)


@pytest.mark.parametrize(
    "prepared",
    [
        "https://management.azure.com/b/a?x=1",
        "https://management.azure.com/a?x=1",
        "https://management.azure.com/a/b?x=2",
        "https://management.azure.com/a/b",
        "https://management.azure.com/a/b?x=1#c",
        "https://management.azure.com.evil/a/b?x=1",
        "http://management.azure.com/a/b?x=1",
    ],
)
def test_a_url_that_leads_elsewhere_is_not_the_same(prepared: str) -> None:
    assert not same("https://management.azure.com/a/b?x=1", prepared)


def test_a_url_that_is_only_spelt_in_another_way_is_the_same() -> None:
    assert same("https://management.azure.com/%7ea/b?x=%2f", "https://Management.azure.com/~a/b?x=/")


def test_a_template_shows_words_and_no_names() -> None:
    path = "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.DataFactory/factories/{}/integrationRuntimes/{}"
    assert resource_url(*ENVIRONMENT.segments).template(PUBLIC.words) == path
    operation = Url("/subscriptions/s/providers/Microsoft.DataFactory/operationresults/secret", "t=secret")
    assert operation.template(PUBLIC.words) == "/subscriptions/{}/providers/Microsoft.DataFactory/operationresults/{}"


@pytest.mark.parametrize(
    "link",
    [
        "https://management.azure.com/a/b?c=d",
        "https://MANAGEMENT.azure.com:443/a/b?c=d",
        "/a/b?c=d",
    ],
)
def test_a_link_to_arm_itself_is_followed(link: str) -> None:
    assert Url.given(link, PUBLIC) == Url("/a/b", "c=d")


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/a",
        "//evil.example/a",
        "http://management.azure.com/a",
        "https://management.azure.com:8443/a",
        "https://management.azure.com:99999/a",
        "https://management.azure.com.evil.example/a",
        "https://management.azure.com@evil.example/a",
        "https://user@management.azure.com/a",
        "https://management.azure.com\\@evil.example/a",
        "https://evil.example\\.management.azure.com/a",
        "javascript:alert(1)",
        "https://[",
    ],
)
def test_a_link_that_leads_away_is_refused(link: str) -> None:
    with pytest.raises(ValueError, match=r"another host|Invalid IPv6"):
        Url.given(link, PUBLIC)


@pytest.mark.parametrize("path", ["/a/../b", "/a/%2e%2E/b", "/a//b", "/./a", "/a%2f..%2Fb", "/a%5C..%5cb", "/a\\..\\b"])
def test_a_link_whose_path_a_client_would_change_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="in its path"):
        Url.given(f"https://management.azure.com{path}", PUBLIC)


@pytest.mark.parametrize("name", ["AzureCloud", "AzureUSGovernment", "AzureChinaCloud"])
def test_every_cloud_has_an_endpoint_over_tls(name: str) -> None:
    assert CLOUDS[name].encrypted
    assert CLOUDS[name].scope.endswith("/.default")


@pytest.mark.parametrize(
    "endpoint", ["http://127.0.0.1:7072", "http://localhost:1", "http://[::1]:7072", "https://arm"]
)
def test_an_endpoint_of_ones_own_is_encrypted_or_on_this_machine(endpoint: str) -> None:
    assert arm_service(endpoint, "scope").owns(f"{endpoint}/a")


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://management.azure.com",
        "http://localhost.evil.example",
        "http://127.0.0.1@evil.example",
        "ftp://127.0.0.1",
        "https://",
        "https://user:secret@arm",
        "https://:secret@arm",
        "https://arm/path",
        "https://arm?x",
        "https://arm:99999",
        "https://arm:0",
        "https://arm\n",
        "https://a rm",
    ],
)
def test_any_other_endpoint_is_refused(endpoint: str) -> None:
    with pytest.raises(ValueError, match="an endpoint"):
        arm_service(endpoint, "scope")
