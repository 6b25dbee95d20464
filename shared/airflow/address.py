"""Where an environment's Airflow answers, and whether a credential may go there."""

from dataclasses import dataclass
from urllib.parse import SplitResult, unquote, urlsplit

from shared.rest.urls import Service, Url, is_loopback

# The audience of managed environments, from public code that calls them (samples for Fabric); it is not documented.
DEFAULT_SCOPE = "5d13f7d7-0567-429c-9880-320e9555e5fc/.default"
MANAGED_HOSTS = ".airflow.svc.datafactory.azure.com"
# The page that `airflowWebUrl` names; the API is beside it.
_PAGES = frozenset({"", "login", "home"})


@dataclass(frozen=True, slots=True)
class AirflowAddress:
    """An Airflow's origin as a service that tokens may go to, and the path below which its API is."""

    service: Service
    base: tuple[str, ...] = ()

    def url(self, *names: str, query: str = "") -> Url:
        """Return the URL of something below the base."""
        return Url.to(*self.base, *names, query=query)


def managed_address(web_url: str, scope: str = DEFAULT_SCOPE) -> AirflowAddress:
    """Return the address that Data Factory names for an environment in `airflowWebUrl`.

    Raises ValueError unless its host is one of Data Factory's, or a loopback address: what an environment's answer
    names must not get a credential just because it names it.
    """
    url = urlsplit(web_url)
    host = (url.hostname or "").lower()
    if not (host.endswith(MANAGED_HOSTS) or is_loopback(host)):
        raise ValueError(f"expected an airflowWebUrl whose host ends in {MANAGED_HOSTS}")
    return _address(url, scope)


def configured_address(url: str, scope: str = DEFAULT_SCOPE) -> AirflowAddress:
    """Return the address that the operator set; raise ValueError for one that no credential can go to safely."""
    return _address(urlsplit(url), scope)


def _address(url: SplitResult, scope: str) -> AirflowAddress:
    if url.query or url.fragment or url.username or url.password:
        raise ValueError("expected an address of Airflow without user, query and fragment")
    service = Service(f"{url.scheme}://{url.netloc}", scope, "airflow", _WORDS)
    parts = [unquote(part) for part in url.path.split("/")]
    while parts and parts[-1] in _PAGES:
        parts.pop()
    return AirflowAddress(service, tuple(parts[1:]))


_WORDS = frozenset({"api", "v1", "v2", "version", "dags", "importerrors", "dagsources", "auth", "token"})
