"""The kinds of deployment that the template is made for, and what each makes as text that a person can review."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from tests.infra.compiler import APP_SUBSCRIPTION, INFRA, VARIABLES, Snapshot

FACTORY_SUBSCRIPTION = "22222222-2222-2222-2222-222222222222"
DAG_SUBSCRIPTION = "33333333-3333-3333-3333-333333333333"
_ROUTES = [
    {"name": "sales", "environment": "airflow", "linked_service": "dags", "folder": "one/sales"},
    {"name": "stock", "environment": "airflow", "linked_service": "dags", "folder": "one/stock", "overwrite": False},
    {"name": "tests", "environment": "airflow-test", "linked_service": "dags", "folder": "two/a/b"},
    {"name": "whole", "environment": "airflow-test", "linked_service": "dags", "folder": "three"},
    {
        "name": "else",
        "environment": "airflow",
        "linked_service": "more",
        "folder": "four/x",
        "connection": "MoreStorage",
    },
]
_FABRIC = {
    "name": "moved",
    "target": "fabric",
    "workspace": "44444444-4444-4444-4444-444444444444",
    "job": "55555555-5555-5555-5555-555555555555",
    "folder": "one/moved",
    "requirements": "deploy",
}
KINDS: Mapping[str, Mapping[str, str]] = {
    "one-route": {},
    "several-routes": {
        "ROUTES": json.dumps(_ROUTES),
        "EXTRA_SETTINGS": json.dumps({"MoreStorage__blobServiceUri": "https://more.example"}),
    },
    # A folder into a Fabric Airflow job, beside one into the factory.
    "fabric": {"ROUTES": json.dumps([_ROUTES[0], _FABRIC])},
    "network": {"USE_NETWORK": "true"},
    "secrets": {
        "RELAY_WEBHOOK_SECRETS": "sales:whsec_c2VjcmV0",
        "RELAY_NOTIFICATION_URL": "https://chat.example/secret",
    },
    "network-and-secrets": {"USE_NETWORK": "true", "RELAY_NOTIFICATION_SECRET": "whsec_c2VjcmV0"},
    "topic-exists": {"CREATE_SYSTEM_TOPIC": "false", "SYSTEM_TOPIC_NAME": "defender-topic"},
    "other-subscriptions": {
        "FACTORY_SUBSCRIPTION": FACTORY_SUBSCRIPTION,
        "FACTORY_RESOURCE_GROUP": "rg-factory",
        "DAG_STORAGE_SUBSCRIPTION": DAG_SUBSCRIPTION,
        "DAG_STORAGE_RESOURCE_GROUP": "rg-dags",
    },
    "closed-to-addresses": {"ALLOWED_ADDRESSES": '["203.0.113.0/24", "198.51.100.7"]'},
    # An account without a queue service: nothing may be asked of it but its blobs.
    "premium-storage": {"DAG_STORAGE_NAME": "premiumdags", "FACTORY_ROLE": "contributor"},
    "kept-warm": {
        "ALWAYS_READY": '[{"name": "blob", "instanceCount": 1}, {"name": "function:on_wake_up", "instanceCount": 1}]',
        "HTTP_CONCURRENCY": "8",
        "INSTANCE_MEMORY_MB": "4096",
        "MAXIMUM_INSTANCES": "10",
    },
}
_SUBSCRIPTIONS = {APP_SUBSCRIPTION: "(app)", FACTORY_SUBSCRIPTION: "(factory)", DAG_SUBSCRIPTION: "(dags)"}
_ROLES = {uuid: name for name, uuid in json.loads((INFRA / "roles.json").read_text()).items()}


def variables(kind: str) -> dict[str, str]:
    """Return the variables of a kind."""
    return VARIABLES | dict(KINDS[kind])


def review(kind: str, made: Snapshot) -> str:
    """Return what is made, where, with which rights, with which settings, and what is watched."""
    settings = made.properties("Microsoft.Web/sites/config", "appsettings")
    given = ", ".join(f"{name}={value}" for name, value in KINDS[kind].items() if not name.startswith("RELAY_"))
    parts = {
        f"{kind}: {given}": [],
        "Made": sorted(_made(made)),
        "Rights": sorted(_rights(made)),
        "App settings": sorted(f"{name} = {_plain(str(value))}" for name, value in settings.items()),
        "Scale": [json.dumps(_app(made)["functionAppConfig"]["scaleAndConcurrency"])],
        "Callers": [f"{one['name']}: {one['ipAddress']}" for one in _app(made)["siteConfig"]["ipSecurityRestrictions"]]
        or ["every caller that has a key"],
        "Watched": [json.dumps(one) for one in made.outputs["WATCHED_CONTAINERS"]],
    }
    return "\n".join(f"{title}\n{''.join(f'  {line}{chr(10)}' for line in lines)}" for title, lines in parts.items())


def _app(made: Snapshot) -> dict[str, Any]:
    return made.properties("Microsoft.Web/sites")


def _made(made: Snapshot) -> Iterator[str]:
    for one in made.resources:
        if not one["type"].startswith("Microsoft.Authorization/roleAssignments"):
            yield _place(one["id"]) if one["id"].startswith("/") else f"{one['type']} {_plain(one['name'])}"


def _rights(made: Snapshot) -> Iterator[str]:
    for one in made.of_type("Microsoft.Authorization/roleAssignments"):
        role = one["properties"]["roleDefinitionId"].rpartition("/")[2]
        holder = "the topic" if "systemTopics" in one["properties"]["principalId"] else "the app"
        scope = one["id"].partition("/providers/Microsoft.Authorization/")[0]
        yield f"{holder}: {_ROLES.get(role, 'the custom role')} on {_place(scope)}"


def _place(resource_id: str) -> str:
    """Return an id without what every id has: subscription by its part, group, types and names."""
    return _plain(
        resource_id.replace("/subscriptions/", "").replace("/resourceGroups/", "/").replace("/providers/", " ")
    )


def _plain(text: str) -> str:
    """Shorten what the compiler leaves for Azure to fill in."""
    for subscription, part in _SUBSCRIPTIONS.items():
        text = text.replace(subscription, part)
    return re.sub(r"reference\('[^']*/([^'/]+)', '[^']*'(?:, 'full')?\)", r"\1", text)
