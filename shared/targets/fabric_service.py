"""Where Fabric answers: a wall between the settings, which are read at the start, and what calls it."""

from shared.rest.urls import Service

ENDPOINT = "https://api.fabric.microsoft.com"
SCOPE = "https://api.fabric.microsoft.com/.default"
FABRIC_VERSION = "v1"
_WORDS = frozenset(
    {
        "v1",
        "workspaces",
        "apacheairflowjobs",
        "files",
        "dags",
        "plugins",
        "environment",
        "deployrequirements",
        "operations",
    }
)


def fabric_service(endpoint: str, scope: str) -> Service:
    """Return Fabric at an endpoint, with or without the version at its end; raise ValueError as `Service` does."""
    return Service(endpoint.rstrip("/").removesuffix(f"/{FABRIC_VERSION}"), scope, "fabric", _WORDS)
