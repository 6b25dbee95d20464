"""The paths below `/v1` that the emulator covers, and what each needs: a role in the workspace, the beta flag."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import unquote

from local.arm.exchange import Answer, Call
from local.fabric import environment, files, items, operations, pools
from local.fabric.errors import FabricError
from local.fabric.state import Asked

Handler = Callable[[Asked], Answer]
ROLES = ("Viewer", "Contributor", "Admin")


@dataclass(frozen=True, slots=True)
class Route:
    """One operation; `role` is the least that a caller needs."""

    method: str
    pattern: re.Pattern[str]
    handler: Handler
    role: str
    beta: bool


def _route(form: str, handler: Handler, role: str = "Viewer", *, beta: bool = False) -> Route:
    """Make a route of `GET /path/{name}`; the words of a path compare without regard to case."""
    method, _, path = form.partition(" ")
    return Route(method, re.compile(f"/v1{_named(path)}/?", re.IGNORECASE), handler, role, beta)


def _beta(form: str, handler: Handler, role: str = "Viewer") -> Route:
    return _route(form, handler, role, beta=True)


def _named(path: str) -> str:
    return re.sub(r"\{(\w+)\}", lambda name: f"(?P<{name[1]}>{'.+' if name[1] == 'path' else '[^/]+'})", path)


_WORKSPACE = "/workspaces/{workspace}"
_JOBS = f"{_WORKSPACE}/apacheAirflowJobs"
_JOB = f"{_JOBS}/{{job}}"
_ITEM = f"{_WORKSPACE}/items/{{job}}"

ROUTES = (
    _route("GET /operations/{operation}", operations.get),
    _route("GET /operations/{operation}/result", operations.result),
    _route("GET /workspaces", items.workspaces),
    _route(f"GET {_WORKSPACE}", items.workspace),
    _route(f"GET {_WORKSPACE}/folders", items.folders),
    _route(f"GET {_WORKSPACE}/items", items.listing),
    _route(f"POST {_WORKSPACE}/items", items.create, "Contributor"),
    _route(f"GET {_ITEM}", items.get),
    _route(f"PATCH {_ITEM}", items.update, "Contributor"),
    _route(f"DELETE {_ITEM}", items.delete, "Contributor"),
    _route(f"POST {_ITEM}/getDefinition", items.get_definition, "Contributor"),
    _route(f"POST {_ITEM}/updateDefinition", items.update_definition, "Contributor"),
    _beta(f"GET {_JOBS}/settings", pools.workspace_settings),
    _beta(f"PATCH {_JOBS}/settings", pools.update_workspace_settings, "Admin"),
    _beta(f"GET {_JOBS}/poolTemplates", pools.listing),
    _beta(f"POST {_JOBS}/poolTemplates", pools.create, "Admin"),
    _beta(f"GET {_JOBS}/poolTemplates/{{pool}}", pools.get),
    _beta(f"DELETE {_JOBS}/poolTemplates/{{pool}}", pools.delete, "Admin"),
    _route(f"GET {_JOBS}", items.listing),
    _route(f"POST {_JOBS}", items.create, "Contributor"),
    _route(f"GET {_JOB}", items.get),
    _route(f"PATCH {_JOB}", items.update, "Contributor"),
    _route(f"DELETE {_JOB}", items.delete, "Contributor"),
    _route(f"POST {_JOB}/getDefinition", items.get_definition, "Contributor"),
    _route(f"POST {_JOB}/updateDefinition", items.update_definition, "Contributor"),
    _beta(f"GET {_JOB}/files", files.listing),
    _beta(f"GET {_JOB}/files/{{path}}", files.get),
    _beta(f"PUT {_JOB}/files/{{path}}", files.put, "Contributor"),
    _beta(f"DELETE {_JOB}/files/{{path}}", files.delete, "Contributor"),
    _beta(f"GET {_JOB}/environment", environment.status),
    _beta(f"POST {_JOB}/environment/start", environment.start, "Contributor"),
    _beta(f"POST {_JOB}/environment/stop", environment.stop, "Contributor"),
    _beta(f"GET {_JOB}/environment/settings", environment.settings),
    _beta(f"POST {_JOB}/environment/updateSettings", environment.update_settings, "Contributor"),
    _beta(f"GET {_JOB}/environment/compute", environment.compute),
    _beta(f"POST {_JOB}/environment/updateCompute", environment.update_compute, "Contributor"),
    _beta(f"GET {_JOB}/environment/libraries", environment.libraries),
    _beta(f"POST {_JOB}/environment/deployRequirements", environment.deploy_requirements, "Contributor"),
)


def find(call: Call) -> tuple[Route, dict[str, str]]:
    """Return the operation that a request means and what its path names, decoded; raise Fabric's refusal if none."""
    for route in ROUTES:
        if route.method == call.method and (match := route.pattern.fullmatch(call.path)):
            return route, {name: _decoded(text) for name, text in match.groupdict().items()}
    raise FabricError(HTTPStatus.NOT_FOUND, "EndpointNotFound", f"There is no {call.method} {call.path}.")


def _decoded(text: str) -> str:
    """Decode a part of a path; Microsoft's client sends a file's path as one segment with `%2F`."""
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError as error:
        raise FabricError.invalid("The path is not encoded in UTF-8.") from error
