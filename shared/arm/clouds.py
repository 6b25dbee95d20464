"""Where Azure Resource Manager answers, and for whom a token has to be, in each cloud."""

import re
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

_PORTS = {"https": 443, "http": 80}
_VISIBLE_ASCII = re.compile(r"[!-~]+")


@dataclass(frozen=True, slots=True)
class Cloud:
    """ARM's base URL, without a slash at its end, and the scope of its tokens."""

    endpoint: str
    scope: str

    def __post_init__(self) -> None:
        """Refuse an endpoint that a bearer token must not travel to."""
        url = urlsplit(self.endpoint)
        if not (url.scheme == "https" or (url.scheme == "http" and is_loopback(url.hostname))):
            raise ValueError("an ARM endpoint starts with https:// (http:// only on this machine's loopback address)")
        only_origin = url.hostname and not (url.path or url.query or url.fragment or url.username or url.password)
        if not (only_origin and _VISIBLE_ASCII.fullmatch(self.endpoint) and has_legal_port(url)):
            raise ValueError("an ARM endpoint is scheme, host and port only, like https://management.azure.com")

    @property
    def encrypted(self) -> bool:
        """Whether what is sent is; only a loopback address may do without."""
        return self.endpoint.lower().startswith("https:")

    def owns(self, link: str) -> bool:
        """Whether an absolute URL has this endpoint's scheme, host and port, so that a token may go there."""
        url = urlsplit(link)
        return not (url.username or url.password) and _origin(url) == _origin(urlsplit(self.endpoint))


def _origin(url: SplitResult) -> tuple[str, str | None, int | None]:
    port = url.port if has_legal_port(url) else -1
    return url.scheme, url.hostname, _PORTS.get(url.scheme) if port is None else port


def has_legal_port(url: SplitResult) -> bool:
    """Whether the URL names no port, or one that exists."""
    try:
        return url.port != 0
    except ValueError:
        return False


def is_loopback(host: str | None) -> bool:
    """Whether the host is this machine, so that what is sent there needs no encryption."""
    if host == "localhost":
        return True
    try:
        return ip_address(host or "").is_loopback
    except ValueError:
        return False


# azure-mgmt-core's get_arm_endpoints.
CLOUDS = {
    "AzureCloud": Cloud("https://management.azure.com", "https://management.azure.com/.default"),
    "AzureUSGovernment": Cloud(
        "https://management.usgovcloudapi.net", "https://management.core.usgovcloudapi.net/.default"
    ),
    "AzureChinaCloud": Cloud("https://management.chinacloudapi.cn", "https://management.chinacloudapi.cn/.default"),
}
