"""What a deployment would stumble over is said before it, all at once, each with its remedy."""

import json
import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.infra.azure_cli import Answer, Ran, run
from tests.infra.compiler import INFRA, VARIABLES

PARAMETERS_FILE = INFRA / "main.bicepparam"
SUBSCRIPTION = "11111111-1111-1111-1111-111111111111"
GIVEN = VARIABLES | {"AZURE_SUBSCRIPTION_ID": SUBSCRIPTION, "AZURE_RESOURCE_GROUP": "rg-relay"}
ACCOUNT = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-relay/providers/Microsoft.Storage/storageAccounts/exampledags"
)
WELL = (
    Answer("az account show *"),
    Answer("az provider show *", "Registered"),
    Answer("az resource show *", "/an/id"),
    Answer("az storage container-rm exists *", "True"),
    Answer("az eventgrid system-topic list *"),
    Answer("az functionapp list-flexconsumption-locations *", "North Europe\\nWest Europe"),
    Answer("azd env get-values"),
    Answer("azd env set *"),
)


def preflight(folder: Path, *answers: Answer, without: str = "", **variables: str) -> Ran:
    given = {name: value for name, value in (GIVEN | variables).items() if name != without}
    return run("preflight.sh", folder, given, [*answers, *WELL])


def topic(name: str, group: str = "rg-relay", identity: str = "SystemAssigned") -> Answer:
    return Answer("az eventgrid system-topic list *", f"{ACCOUNT.upper()}\\t{name}\\t{group}\\t{identity}")


def test_where_nothing_stands_in_the_way_it_says_so_and_changes_nothing(tmp_path: Path) -> None:
    ran = preflight(tmp_path)
    assert (ran.code, ran.err) == (0, "")
    assert not ran.asked("azd env set")
    assert not ran.asked("create")


@pytest.mark.parametrize("name", GIVEN)
def test_a_variable_that_was_forgotten_is_named_before_azure_is_asked(name: str, tmp_path: Path) -> None:
    ran = preflight(tmp_path, without=name)
    assert (ran.code, ran.calls) == (1, [])
    assert f"{name} is not set" in ran.err


PROBLEMS: Sequence[tuple[Answer, str]] = [
    (Answer("az provider show *Microsoft.App *", "NotRegistered"), "Microsoft.App is not registered (NotRegistered)"),
    (
        Answer("az provider show *Microsoft.EventGrid *", "!not found"),
        "Microsoft.EventGrid is not registered (unknown)",
    ),
    (Answer("az resource show --ids */resourceGroups/rg-relay --query *", "!"), "resource group rg-relay"),
    (Answer("az resource show *factories/example-adf *", "!not found"), "no Data Factory example-adf"),
    (Answer("az resource show *storageAccounts/exampledags *", "!not found"), "no storage account exampledags"),
    (Answer("az storage container-rm exists *", "False"), "exampledags has no container airflow-files"),
    (
        Answer("az functionapp list-flexconsumption-locations *", "North Europe"),
        "region westeurope (AZURE_LOCATION) has no Flex Consumption plan; these have: northeurope",
    ),
    (topic("defender", identity="None"), "the system topic defender has no identity"),
    (topic("defender", group="rg-security"), "defender of exampledags lies in resource group rg-security"),
    (Answer("az account show *", "!Please run az login"), "not signed in"),
]


@pytest.mark.parametrize(("answer", "said"), PROBLEMS, ids=[said for _, said in PROBLEMS])
def test_what_stands_in_the_way_is_said(answer: Answer, said: str, tmp_path: Path) -> None:
    ran = preflight(tmp_path, answer)
    assert ran.code == 1
    assert said in ran.err


def test_all_that_was_found_is_said_at_once(tmp_path: Path) -> None:
    several = [PROBLEMS[number] for number in (0, 3, 5, 6)]
    ran = preflight(tmp_path, *(answer for answer, _ in several))
    assert [said for _, said in several if said not in ran.err] == []
    assert len(ran.err.splitlines()) == 4


def test_a_topic_that_the_account_has_already_is_used(tmp_path: Path) -> None:
    ran = preflight(tmp_path, topic("defender"))
    assert ran.code == 0
    assert ran.asked("azd env set") == [
        "azd env set SYSTEM_TOPIC_NAME defender",
        "azd env set CREATE_SYSTEM_TOPIC false",
    ]


def test_without_azd_it_says_how_to_use_the_topic(tmp_path: Path) -> None:
    ran = preflight(tmp_path, topic("defender"), Answer("azd env get-values", "!no project"))
    assert ran.code == 1
    assert "export SYSTEM_TOPIC_NAME=defender CREATE_SYSTEM_TOPIC=false" in ran.err


@pytest.mark.parametrize(
    ("name", "variables"),
    [
        ("dag-relay-exampledags", {}),
        ("defender", {"SYSTEM_TOPIC_NAME": "defender", "CREATE_SYSTEM_TOPIC": "false"}),
    ],
)
def test_a_topic_that_is_our_own_or_was_named_changes_nothing(
    name: str, variables: dict[str, str], tmp_path: Path
) -> None:
    ran = preflight(tmp_path, topic(name), **variables)
    assert ran.code == 0
    assert not ran.asked("azd env set")


def test_another_accounts_topic_is_none_of_its_business(tmp_path: Path) -> None:
    ran = preflight(tmp_path, Answer("az eventgrid system-topic list *", f"{ACCOUNT}2\\tother\\trg-relay\\tNone"))
    assert ran.code == 0


def test_every_container_of_the_routes_is_looked_for(tmp_path: Path) -> None:
    routes = [{"folder": "one/a"}, {"folder": "one/b"}, {"folder": "two"}, {"folder": "far/c", "connection": "Other"}]
    ran = preflight(tmp_path, ROUTES=json.dumps(routes), without="AIRFLOW_ENVIRONMENT")
    assert ran.code == 0
    assert len(ran.asked("container-rm exists")) == 2
    assert (len(ran.asked("--name one")), len(ran.asked("--name two"))) == (1, 1)


@pytest.mark.parametrize("routes", ["[{name: a}]", '[{"name": "a"}]', '"a"'])
def test_routes_that_cannot_be_read_are_said(routes: str, tmp_path: Path) -> None:
    assert "ROUTES is no JSON list of routes with a folder each" in preflight(tmp_path, ROUTES=routes).err


def test_providers_of_what_is_not_made_are_not_asked_for(tmp_path: Path) -> None:
    ran = preflight(tmp_path)
    assert not ran.asked("Microsoft.KeyVault")
    assert not ran.asked("Microsoft.Network")


def test_providers_of_what_is_made_on_demand_are(tmp_path: Path) -> None:
    ran = preflight(tmp_path, USE_NETWORK="true", RELAY_NOTIFICATION_URL="https://chat.example/secret")
    assert ran.asked("Microsoft.KeyVault")
    assert ran.asked("Microsoft.Network")
    assert "chat.example" not in ran.out + ran.err + "".join(ran.calls)


@pytest.mark.parametrize("name", re.findall(r"^  (RELAY_\w+): ", PARAMETERS_FILE.read_text(), re.MULTILINE))
def test_any_secret_needs_the_provider_of_the_vault_that_it_is_kept_in(name: str, tmp_path: Path) -> None:
    assert preflight(tmp_path, **{name: "a secret"}).asked("Microsoft.KeyVault")


def test_the_event_topics_provider_is_asked_for_where_the_account_is(tmp_path: Path) -> None:
    ran = preflight(tmp_path, DAG_STORAGE_SUBSCRIPTION="33333333-3333-3333-3333-333333333333")
    (asked,) = ran.asked("Microsoft.EventGrid")
    assert "--subscription 33333333" in asked
