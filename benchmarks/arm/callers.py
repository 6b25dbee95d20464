"""The three ways to PUT one environment, each as a function that makes one call."""

from collections.abc import Callable
from functools import partial
from importlib import import_module
from importlib.util import find_spec

from shared.adf.names import EnvironmentId, FactoryId
from shared.arm.clouds import arm_service

# What `local.settings.sample.json` seeds, and an environment beside it.
FACTORY = FactoryId("12345678-1234-1234-1234-123456789012", "example-rg", "example-adf")
ENVIRONMENT = EnvironmentId(FACTORY, "measured")
# The sample request of Microsoft's REST page.
SPEC = {
    "properties": {
        "type": "Airflow",
        "typeProperties": {
            "computeProperties": {"location": "East US", "computeSize": "Large", "extraNodes": 0},
            "airflowProperties": {
                "airflowVersion": "2.4.3",
                "airflowEnvironmentVariables": {"AIRFLOW__TEST__TEST": "test"},
                "airflowRequirements": ["apache-airflow-providers-microsoft-azure"],
                "enableAADIntegration": True,
                "userName": None,
                "password": None,
                "airflowEntityReferences": [],
            },
        },
    }
}
Way = Callable[[str, str], Callable[[], object]]
SDK = "azure-mgmt-datafactory"
SAME_SETTINGS = "requests, trust_env off"
_SCOPE = "https://management.azure.com/.default"
_FAR_AWAY = 2**33


class FixedToken:
    """A credential that costs nothing, so that only the callers are compared."""

    def __init__(self, token: str) -> None:
        self.token = token
        self.expires_on = _FAR_AWAY
        self.refresh_on = None

    def get_token(self, *_: str, **__: object) -> "FixedToken":
        """Return the token (azure-core's older protocol, and ours)."""
        return self

    def get_token_info(self, *_: str, **__: object) -> "FixedToken":
        """Return the token (azure-core's newer protocol)."""
        return self


def ours(arm: str, token: str) -> Callable[[], object]:
    """Return our caller's PUT."""
    from shared.arm.factory import put_environment  # noqa: PLC0415
    from shared.rest.caller import RestCaller  # noqa: PLC0415 - what a way needs is part of what is measured

    caller = RestCaller(arm_service(arm, _SCOPE), FixedToken(token))
    return lambda: put_environment(caller, ENVIRONMENT, SPEC, deadline_s=60)


def bare(arm: str, token: str, *, trust_env: bool = True) -> Callable[[], object]:
    """Return a PUT without retries, deadline or anything else.

    `trust_env` is the library's default: it looks for proxies and `.netrc` at each call.
    """
    import requests  # noqa: PLC0415

    session = requests.Session()
    session.trust_env = trust_env
    url = f"{arm}{ENVIRONMENT}"
    headers = {"Authorization": f"Bearer {token}"}

    def put() -> object:
        answer = session.put(url, params={"api-version": "2018-06-01"}, json=SPEC, headers=headers, timeout=60)
        answer.raise_for_status()
        return answer.json()

    return put


def sdk(arm: str, token: str) -> Callable[[], object]:
    """Return the SDK's PUT with the same JSON; it refuses plain HTTP unless each call allows it."""
    client = import_module("azure.mgmt.datafactory").DataFactoryManagementClient(
        FixedToken(token), FACTORY.subscription, base_url=arm, credential_scopes=[_SCOPE]
    )
    names = (FACTORY.resource_group, FACTORY.name, ENVIRONMENT.name)
    return lambda: client.integration_runtimes.create_or_update(*names, SPEC, enforce_https=False)


def installed() -> dict[str, Way]:
    """Return the ways that can be measured here; the SDK is not among our requirements."""
    ways: dict[str, Way] = {"ours": ours, "requests": bare, SAME_SETTINGS: partial(bare, trust_env=False)}
    return ways | {SDK: sdk} if find_spec("azure.mgmt") and find_spec("azure.mgmt.datafactory") else ways
