"""Azure Resource Manager as a service: where it answers in each cloud, and the URLs of its resources."""

from shared.rest.urls import Service, Url

API_VERSION = "2018-06-01"

# The words of Data Factory's paths.
_WORDS = frozenset(
    {
        "subscriptions",
        "resourcegroups",
        "providers",
        "microsoft.datafactory",
        "factories",
        "integrationruntimes",
        "start",
        "stop",
        "airflow",
        "sync",
        "integrationruntimesstart",
        "integrationruntimesstop",
        "operationresults",
        "operationstatuses",
    }
)


def arm_service(endpoint: str, scope: str) -> Service:
    """Return ARM at an endpoint, for tokens of a scope; raise ValueError for one that a token must not travel to."""
    return Service(endpoint, scope, "arm", _WORDS)


def resource_url(*names: str) -> Url:
    """Return the URL of a resource from the parts of its ARM id; raise ValueError for a part that clients swallow."""
    return Url.to(*names, query=f"api-version={API_VERSION}")


# azure-mgmt-core's get_arm_endpoints.
CLOUDS = {
    "AzureCloud": arm_service("https://management.azure.com", "https://management.azure.com/.default"),
    "AzureUSGovernment": arm_service(
        "https://management.usgovcloudapi.net", "https://management.core.usgovcloudapi.net/.default"
    ),
    "AzureChinaCloud": arm_service(
        "https://management.chinacloudapi.cn", "https://management.chinacloudapi.cn/.default"
    ),
}
