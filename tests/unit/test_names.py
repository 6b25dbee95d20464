import pytest

from shared.adf.names import FACTORY, INTEGRATION_RUNTIME, LINKED_SERVICE, RESOURCE_GROUP, EnvironmentId, FactoryId

ID = (
    "/subscriptions/12345678-1234-1234-1234-123456789012/resourceGroups/example-rg"
    "/providers/Microsoft.DataFactory/factories/example-adf"
)


@pytest.mark.parametrize("name", ["abc", "sample-2", "A" * 63, "a-b-c"])
def test_an_integration_runtime_name_of_letters_digits_and_single_dashes_is_legal(name: str) -> None:
    assert INTEGRATION_RUNTIME.check(name) == name


@pytest.mark.parametrize(
    "name", ["", "ab", "A" * 64, "-abc", "abc-", "a--b", "a_b", "abc\n", "a/b", "..", "%2e%2e", "ä1b"]
)
def test_any_other_integration_runtime_name_is_refused_without_repeating_it(name: str) -> None:
    with pytest.raises(ValueError, match="expected an integration runtime name: 3 to 63 characters") as refused:
        INTEGRATION_RUNTIME.check(name)
    assert not name or f"'{name}'" not in str(refused.value)


@pytest.mark.parametrize("name", [".", "..", "rg.", "a/b", "", "a" * 91, "rg\n"])
def test_a_resource_group_that_a_url_would_swallow_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="resource group name"):
        RESOURCE_GROUP.check(name)


@pytest.mark.parametrize("name", ["rg", "my.group", "(x)", "größe", "_", "a" * 90])
def test_a_resource_group_name_may_hold_what_azure_allows(name: str) -> None:
    assert RESOURCE_GROUP.check(name) == name


def test_a_linked_service_name_may_hold_spaces_but_no_slash() -> None:
    assert LINKED_SERVICE.check("Azure Blob Storage 1") == "Azure Blob Storage 1"
    with pytest.raises(ValueError, match="linked service name"):
        LINKED_SERVICE.check("a/b")


def test_a_factory_id_is_read_in_any_case_and_written_as_arm_spells_it() -> None:
    factory = FactoryId.parse(ID.lower())
    assert str(factory) == ID
    assert factory == FactoryId.parse(ID)


@pytest.mark.parametrize("text", ["", "example-adf", f"{ID}/", f"{ID}\n", ID.replace("example-rg", ".."), ID[1:]])
def test_a_text_that_is_no_factory_id_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"expected an ARM id|characters like"):
        FactoryId.parse(text)


def test_environments_are_the_same_in_any_case() -> None:
    factory = FactoryId.parse(ID)
    assert EnvironmentId(factory, "Sample-2") == EnvironmentId(factory, "sample-2")
    assert EnvironmentId(factory, "sample-2") != EnvironmentId(factory, "sample-3")
    assert FACTORY.check("example-adf") == "example-adf"
