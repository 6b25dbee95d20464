"""What clients ask ARM before they know of any resource: the endpoints of the cloud, and the caller's subscriptions.

Sources: the Azure CLI (`az cloud register`, and what it reads from `ARM_CLOUD_METADATA_URL`) and Azure Stack's
documents for the endpoints; "Subscriptions - List" (2022-12-01) for subscriptions.
"""

from http import HTTPStatus

from local.arm.errors import ServiceError
from local.arm.exchange import Answer, Call, JsonObject
from local.arm.identity import AUDIENCES, TENANT, authenticate
from local.arm.state import Emulator

ENDPOINTS, SUBSCRIPTIONS = "/metadata/endpoints", "/subscriptions"

# The first api-versions whose answer is a list of clouds, and one cloud; that of Azure Stack, `1.0`, sorts before both.
_LIST_OF_CLOUDS, _ONE_CLOUD = "2019-05-01", "2022-09-01"


def answer(emulator: Emulator, call: Call) -> Answer | None:
    """Answer a question about the cloud or the subscriptions, None for any other path; raise ARM's refusals."""
    path = call.path.rstrip("/").lower()
    if path not in {ENDPOINTS, SUBSCRIPTIONS}:
        return None
    if not call.query.get("api-version"):
        raise ServiceError.missing_api_version()
    if call.method != "GET":
        raise ServiceError.method_not_allowed(call.method, ["GET"])
    return _endpoints(call) if path == ENDPOINTS else _subscriptions(emulator, call)


def _endpoints(call: Call) -> Answer:
    """Name this emulator for everything, so that no client is led to the real Azure."""
    login: JsonObject = {"loginEndpoint": f"{call.origin}/_emulator/login", "audiences": list(AUDIENCES)}
    if call.query["api-version"] < _LIST_OF_CLOUDS:
        old: JsonObject = {
            "galleryEndpoint": call.origin,
            "graphEndpoint": call.origin,
            "portalEndpoint": call.origin,
            "authentication": login,
        }
        return Answer(body=old)
    cloud: JsonObject = {
        "name": "DagRelayEmulator",
        "resourceManager": call.origin,
        "portal": call.origin,
        "gallery": call.origin,
        "graph": call.origin,
        "authentication": login | {"tenant": TENANT, "identityProvider": "AAD"},
        "suffixes": {},
    }
    return Answer(body=[cloud] if call.query["api-version"] < _ONE_CLOUD else cloud)


def _subscriptions(emulator: Emulator, call: Call) -> Answer:
    authenticate(call.headers, call.origin, emulator.clock())
    subscription = emulator.seed.factory.subscription
    shown: JsonObject = {
        "id": f"/subscriptions/{subscription}",
        "subscriptionId": subscription,
        "tenantId": TENANT,
        "displayName": "The emulator's subscription",
        "state": "Enabled",
        "authorizationSource": "RoleBased",
    }
    return Answer(HTTPStatus.OK, {"value": [shown], "count": {"type": "Total", "value": 1}})
