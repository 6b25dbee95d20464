"""The ways of one PUT, each as a function that makes one: from a check alone to the whole stack."""

import json
from collections.abc import Callable

import azure.functions as func
import requests

from benchmarks.arm.callers import ENVIRONMENT, FACTORY, SPEC, FixedToken
from shared.adf.diff import changes
from shared.adf.secrets import masked
from shared.adf.warnings import warnings_of
from shared.api.environments.put import Put
from shared.api.environments.writes import EnvironmentWrites
from shared.api.request import json_object
from shared.arm.clouds import API_VERSION, arm_service
from shared.rest.caller import RestCaller

_SCOPE = "https://management.azure.com/.default"
_JSON = {"Content-Type": "application/json"}
_PATH = f"/api/environments/{ENVIRONMENT.name}"
BODY = json.dumps(SPEC).encode()
Call = Callable[[], object]


def check() -> Call:
    """Return everything that is done with a body before ARM is asked, and what a dry run answers; nothing is sent."""

    def dry_run() -> object:
        request = _request()
        put = Put.read(request, {}, json_object(request), ENVIRONMENT)
        return json.dumps(masked(put.plan(changes(None, put.spec), warnings_of(put.spec)).wire()))

    return dry_run


def handler(arm: str, token: str) -> Call:
    """Return the PUT's handler, called as a function: the real caller of ARM, and a real answer of the emulator."""
    writes = EnvironmentWrites([FACTORY], RestCaller(arm_service(arm, _SCOPE), FixedToken(token)))

    def put() -> object:
        return _expect(writes.put(_request()).status_code)

    return put


def stack(app: str, _token: str) -> Call:
    """Return the same over HTTP: stand-in host, Azure's Python worker, handler, emulator."""
    return _over_http(f"{app}{_PATH}", {})


def direct(arm: str, token: str) -> Call:
    """Return what there would be without the relay: a PUT to the emulator by a client that has a token."""
    return _over_http(f"{arm}{ENVIRONMENT}?api-version={API_VERSION}", {"Authorization": f"Bearer {token}"})


def _over_http(url: str, headers: dict[str, str]) -> Call:
    session = requests.Session()
    session.trust_env = False

    def put() -> object:
        return _expect(session.put(url, data=BODY, headers=_JSON | headers, timeout=60).status_code)

    return put


def _request() -> func.HttpRequest:
    return func.HttpRequest(
        "PUT", f"https://app.example{_PATH}", headers=_JSON, route_params={"name": ENVIRONMENT.name}, body=BODY
    )


def _expect(status: int) -> int:
    if status != requests.codes.ok:
        raise RuntimeError(f"expected 200, got {status}")
    return status
