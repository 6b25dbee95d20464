import pytest

from shared.airflow.address import configured_address, managed_address

HOST = "https://0123456789abcd.eastus.airflow.svc.datafactory.azure.com"


@pytest.mark.parametrize("url", [f"{HOST}/login/", f"{HOST}/home", f"{HOST}/", HOST])
def test_the_api_of_a_managed_environment_is_at_the_root_of_its_host(url: str) -> None:
    address = managed_address(url)
    assert address.url("api", "v1", "dags").at(address.service.endpoint) == f"{HOST}/api/v1/dags"


def test_the_api_is_below_the_path_of_the_address() -> None:
    address = managed_address("http://127.0.0.1:7072/_airflow/sample-2/login/")
    assert address.url("api", "v2", "version").path == "/_airflow/sample-2/api/v2/version"


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/login/",
        "https://airflow.svc.datafactory.azure.com.example.com/",
        "https://evil-airflow.svc.datafactory.azure.com/",
        "https://user:password@0.eastus.airflow.svc.datafactory.azure.com/",
        "http://0.eastus.airflow.svc.datafactory.azure.com/login/",
        "",
        "not a url",
    ],
)
def test_no_credential_goes_to_a_host_that_is_not_data_factorys(url: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        managed_address(url)


def test_the_operator_may_name_another_host_but_not_one_without_encryption() -> None:
    assert configured_address("https://airflow.example.com/base/").base == ("base",)
    with pytest.raises(ValueError, match="https://"):
        configured_address("http://airflow.example.com")
