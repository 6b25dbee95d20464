import azure.functions as func
import pytest

from local.app_settings import sample
from shared.adf.names import FactoryId
from shared.api.environments.place import picked
from shared.api.problem import Problem
from shared.api.request import query_of

FIRST = FactoryId.parse(sample()["RELAY_FACTORY"])
TWIN = FactoryId(FIRST.subscription, "other-rg", FIRST.name)


def request(query: str) -> func.HttpRequest:
    return func.HttpRequest("PUT", f"https://app.example/api/environments/x{query}", body=b"")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", {}),
        ("?DRYRUN=true", {"dryrun": "true"}),
        ("?dryRun", {"dryrun": ""}),
        ("?dryRun=", {"dryrun": ""}),
        ("?factory=%2Fa%20b&code=key==&clientId=default", {"factory": "/a b"}),
    ],
)
def test_known_parameters_are_found_in_any_case_even_without_a_value(query: str, found: dict[str, str]) -> None:
    assert query_of(request(query), "factory", "dryRun") == found


@pytest.mark.parametrize("query", ["?dry-run=true", "?dryRun=true&dryRun=false", "?dryRun=true&DryRun=true", "?x"])
def test_a_parameter_that_is_misspelt_or_given_twice_is_refused(query: str) -> None:
    with pytest.raises(Problem, match="InvalidQuery") as refused:
        query_of(request(query), "factory", "dryRun")
    assert "dryRun" in refused.value.detail


def test_the_first_factory_is_meant_where_none_is_named() -> None:
    assert picked(None, [FIRST, TWIN]) is FIRST


def test_a_name_that_two_factories_share_picks_neither() -> None:
    with pytest.raises(Problem, match="AmbiguousFactory"):
        picked(FIRST.name, [FIRST, TWIN])
    assert picked(str(TWIN).upper(), [FIRST, TWIN]) is TWIN
