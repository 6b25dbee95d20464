"""The settings that the app gets in the local stack: the sample's, the stack's addresses, the caller's RELAY_*."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent

ROUTES_BLOB = "RELAY_ROUTES_BLOB"
_MANY_ROUTES = ("RELAY_ROUTES", ROUTES_BLOB)
_ONE_ROUTE = ("RELAY_ENVIRONMENT", "RELAY_LINKED_SERVICE", "RELAY_FOLDER")
# Of the machine's own variables these would lead to another identity, or local traffic through a proxy.
_NOT_PASSED_ON = ("AZURE_", "IDENTITY_", "MSI_", "ARM_", "FABRIC_", "RELAY_")


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the parts of a running stack are: what its ready line says.

    `blob` and `connection_string` are of the account with the DAG files. Where the app has another one,
    `host_connection_string` is for that, and `certificate` is the file to trust.
    """

    app: str
    arm: str
    fabric: str
    blob: str
    queue: str
    connection_string: str
    airflow: str | None = None
    host_connection_string: str | None = None
    certificate: str | None = None

    def ready_line(self) -> str:
        """Return the line that tells others that all parts answer."""
        known = {name: address for name, address in asdict(self).items() if address is not None}
        return json.dumps({"ready": True, **known})


def sample() -> dict[str, str]:
    """Return the values of `local.settings.sample.json`."""
    values: dict[str, str] = json.loads((ROOT / "local.settings.sample.json").read_text())["Values"]
    return values


def environment(
    caller: Mapping[str, str], *, arm: str, connection_string: str | None, event_grid: bool = False
) -> dict[str, str]:
    """Return the environment of the app's process; without a connection string the caller's settings name storage."""
    machine = {name: value for name, value in caller.items() if not name.startswith(_NOT_PASSED_ON)}
    relay = {name: value for name, value in caller.items() if name.startswith("RELAY_")}
    defaults = sample()
    if any(relay.get(name, "").strip() for name in _MANY_ROUTES):
        defaults = {name: value for name, value in defaults.items() if name not in _ONE_ROUTE}
    stack = {
        "ARM_ENDPOINT": arm,
        "FABRIC_ENDPOINT": arm,
        "IDENTITY_ENDPOINT": f"{arm}/_emulator/identity/token",
        "RELAY_BLOB_SOURCE": "eventgrid" if event_grid else "polling",
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
    }
    del defaults["AzureWebJobsStorage"]
    storage = {"AzureWebJobsStorage": connection_string} if connection_string else {}
    return machine | defaults | stack | storage | relay
