"""Where Azure Resource Manager answers, and for whom a token has to be, in each cloud."""

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Cloud:
    """ARM's base URL, without a slash at its end, and the scope of its tokens."""

    endpoint: str
    scope: str

    def __post_init__(self) -> None:
        """Refuse an endpoint that a bearer token must not travel to."""
        url = urlsplit(self.endpoint)
        if not (url.scheme == "https" or (url.scheme == "http" and _is_loopback(url.hostname))):
            raise ValueError("an ARM endpoint starts with https:// (http:// only on this machine's loopback address)")
        if not url.hostname or url.path or url.query or url.fragment or url.username:
            raise ValueError("an ARM endpoint is scheme, host and port only, like https://management.azure.com")


# azure-mgmt-core's get_arm_endpoints.
CLOUDS = {
    "AzureCloud": Cloud("https://management.azure.com", "https://management.azure.com/.default"),
    "AzureUSGovernment": Cloud(
        "https://management.usgovcloudapi.net", "https://management.core.usgovcloudapi.net/.default"
    ),
    "AzureChinaCloud": Cloud("https://management.chinacloudapi.cn", "https://management.chinacloudapi.cn/.default"),
}


def _is_loopback(host: str | None) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host or "").is_loopback
    except ValueError:
        return False
