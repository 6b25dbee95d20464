import pytest
from pydantic import JsonValue

from local.arm.settings import Seed, Settings

FACTORY = (
    "/subscriptions/12345678-1234-1234-1234-123456789012/resourceGroups/rg"
    "/providers/Microsoft.DataFactory/factories/adf"
)
SEED = {"RELAY_FACTORY": FACTORY, "RELAY_ENVIRONMENT": "sample-2", "RELAY_LINKED_SERVICE": "AzureBlobStorage1"}


def test_only_the_named_settings_change() -> None:
    assert Settings().changed({"page_size": 2}) == Settings(page_size=2)


@pytest.mark.parametrize(
    ("patch", "named"),
    [
        ({"sync_style": "maybe"}, "sync_style: input should be 'accepted'"),
        ({"throttle": "yes"}, "throttle: input should be a valid boolean"),
        ({"import_seconds": -1}, "import_seconds: input should be greater than or equal to 0"),
        ({"imports_seconds": 1}, "imports_seconds: extra inputs are not permitted"),
        ([], "value: input should be a valid dict"),
    ],
)
def test_a_wrong_setting_is_named_with_what_was_expected(patch: JsonValue, named: str) -> None:
    with pytest.raises(ValueError, match=named):
        Settings().changed(patch)


@pytest.mark.parametrize("name", SEED)
def test_a_seed_that_lacks_a_name_says_which(name: str) -> None:
    with pytest.raises(ValueError, match=name):
        Seed.of({key: value for key, value in SEED.items() if key != name})


def test_a_seed_with_a_name_that_is_not_legal_is_refused() -> None:
    with pytest.raises(ValueError, match="integration runtime name"):
        Seed.of(SEED | {"RELAY_ENVIRONMENT": "a_b"})
