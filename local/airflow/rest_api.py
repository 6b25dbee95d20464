"""The REST API of the emulated Airflow: of 2.x below `/api/v1`, of 3.x below `/api/v2`, as real ones answer.

Compared with 2.10.5 and 3.3.2 by the contract test. It takes the loopback identity endpoint's tokens for the scope of
managed environments, and the login that an environment was created with.
"""

import base64
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from operator import itemgetter
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import unquote

from local.airflow.parsing import HOME
from local.airflow.standin import ShownFile
from local.arm.errors import ServiceError
from local.arm.exchange import Answer, Call, JsonObject
from local.arm.identity import authenticate, token
from shared.airflow.address import DEFAULT_SCOPE

if TYPE_CHECKING:
    from pydantic import JsonValue

AUDIENCE = DEFAULT_SCOPE.removesuffix("/.default")
_OWN_AUDIENCE = "apache-airflow"
_BUNDLE = "dags-folder"
_MOST = 100
_TOKEN_SECONDS = 86400
_Found = TypeVar("_Found")
_PATH = re.compile(r"/?api/(?P<api>v[12])/(?P<name>[A-Za-z]+)(?:/(?P<key>[^/]+))?")


@dataclass(frozen=True, slots=True)
class EmulatedSite:
    """One environment's Airflow at one moment; `login` is that of an environment without Entra ID."""

    version: str
    files: tuple[ShownFile, ...]
    login: tuple[str, str] | None
    now: datetime

    @property
    def api(self) -> str:
        """The API that this version has."""
        return "v2" if int(self.version.partition(".")[0]) >= 3 else "v1"  # noqa: PLR2004 - Airflow 3


def answer(site: EmulatedSite, call: Call, path: str) -> Answer:
    """Answer a request; `path` is the one below the environment's address."""
    if path.strip("/") == "":
        return Answer(body=f"This is the emulated Airflow {site.version}; it has no pages. See docs/airflow.md.")
    if path.strip("/") == "auth/token" and site.api == "v2":
        return _token(site, call)
    match = _PATH.fullmatch(path)
    if match is None or match["api"] != site.api:
        return _no_such_path(site)
    if match["name"] != "version" and not _is_known(site, call.headers):
        return _unauthorized(site)
    if call.method != "GET":
        return Answer(HTTPStatus.METHOD_NOT_ALLOWED, {"detail": "Method Not Allowed"})
    handler = _HANDLERS.get((match["name"], match["key"] is not None))
    return handler(site, call.query, unquote(match["key"] or "")) if handler else _no_such_path(site)


def _version(site: EmulatedSite, _query: Mapping[str, str], _key: str) -> Answer:
    return Answer(body={"version": site.version, "git_version": ".emulated: no real Airflow"})


def _dags(site: EmulatedSite, query: Mapping[str, str], _key: str) -> Answer:
    found = sorted(((dag_id, file) for file in site.files for dag_id in file.parsed.dag_ids), key=itemgetter(0))
    return _page("dags", found, query, lambda dag: _dag(site, *dag))


def _dag(site: EmulatedSite, dag_id: str, file: ShownFile) -> JsonObject:
    shown: JsonObject = {
        "dag_id": dag_id,
        "fileloc": f"{HOME}/{file.path}",
        "file_token": _file_token(file.path),
        "last_parsed_time": file.parsed_at.isoformat(),
        "has_import_errors": bool(file.parsed.stack_trace),
        "is_paused": True,
    }
    if site.api == "v1":
        return shown | {"is_active": True}
    return shown | {"is_stale": False, "relative_fileloc": file.path, "bundle_name": _BUNDLE}


def _import_errors(site: EmulatedSite, query: Mapping[str, str], _key: str) -> Answer:
    failed = enumerate((file for file in site.files if file.parsed.stack_trace), start=1)
    return _page("import_errors", list(failed), query, lambda error: _error(site, *error))


def _error(site: EmulatedSite, number: int, file: ShownFile) -> JsonObject:
    shown: JsonObject = {
        "import_error_id": number,
        "timestamp": file.parsed_at.isoformat(),
        "stack_trace": file.parsed.stack_trace,
    }
    if site.api == "v1":
        return shown | {"filename": f"{HOME}/{file.path}"}
    return shown | {"filename": file.path, "bundle_name": _BUNDLE}


def _source(site: EmulatedSite, _query: Mapping[str, str], key: str) -> Answer:
    for file in site.files:
        keys = {_file_token(file.path)} if site.api == "v1" else set(file.parsed.dag_ids)
        if key in keys:
            return Answer(body={"content": file.parsed.source})
    return Answer(HTTPStatus.NOT_FOUND, {"detail": f"The source code of the Dag {key} was not found"})


_HANDLERS: Mapping[tuple[str, bool], Callable[[EmulatedSite, Mapping[str, str], str], Answer]] = {
    ("version", False): _version,
    ("dags", False): _dags,
    ("importErrors", False): _import_errors,
    ("dagSources", True): _source,
}


def _page(name: str, found: Sequence[_Found], query: Mapping[str, str], show: Callable[[_Found], JsonObject]) -> Answer:
    try:
        offset, limit = int(query.get("offset", 0)), min(_MOST, int(query.get("limit", _MOST)))
    except ValueError:
        return Answer(HTTPStatus.BAD_REQUEST, {"detail": "limit and offset are numbers"})
    shown: list[JsonValue] = [show(each) for each in found[offset : offset + limit]]
    return Answer(body={name: shown, "total_entries": len(found)})


def _file_token(path: str) -> str:
    return base64.urlsafe_b64encode(path.encode()).decode().rstrip("=")


def _is_known(site: EmulatedSite, headers: Mapping[str, str]) -> bool:
    authorization = headers.get("authorization", "")
    if site.login and site.api == "v1" and authorization.startswith("Basic "):
        return authorization == f"Basic {base64.b64encode(':'.join(site.login).encode()).decode()}"
    try:
        authenticate(headers, "", site.now, audiences=(AUDIENCE, _OWN_AUDIENCE))
    except ServiceError:
        return False
    return True


def _token(site: EmulatedSite, call: Call) -> Answer:
    try:
        given = call.json_object()
    except ServiceError:
        given = {}
    if site.login is None or (given.get("username"), given.get("password")) != site.login:
        return Answer(HTTPStatus.UNAUTHORIZED, {"detail": "Invalid credentials"})
    issued = int(site.now.timestamp())
    return Answer(
        HTTPStatus.CREATED, {"access_token": token(_OWN_AUDIENCE, site.login[0], issued, issued + _TOKEN_SECONDS)}
    )


def _no_such_path(site: EmulatedSite) -> Answer:
    if site.api == "v1":
        page = "<!DOCTYPE html><html><head><title>Airflow 404</title></head><body>Airflow 404</body></html>"
        return Answer(HTTPStatus.NOT_FOUND, page, {"Content-Type": "text/html; charset=utf-8"})
    return Answer(HTTPStatus.NOT_FOUND, {"detail": "Not Found"})


def _unauthorized(site: EmulatedSite) -> Answer:
    if site.api == "v1":
        return Answer(HTTPStatus.UNAUTHORIZED, {"detail": None, "status": 401, "title": "Unauthorized"})
    return Answer(HTTPStatus.UNAUTHORIZED, {"detail": "Not authenticated"})
