"""Reading a request's query: only what a route knows, since a misspelt `dryRun` must not send anything."""

from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import parse_qsl

import azure.functions as func

from shared.api.problem import Problem
from shared.api.request_url import RequestUrl

# The function key and its name, which Azure Functions takes from the query (App Service's own, "HTTP trigger keys").
_OF_THE_HOST = frozenset({"code", "clientid"})


def query_of(request: func.HttpRequest, *known: str) -> Mapping[str, str]:
    """Return the parameters by their names in lower case; raise a Problem (400) for one unknown or given twice."""
    ours = parameters_of(request)
    given = dict(ours)
    if len(given) < len(ours) or not given.keys() <= {name.lower() for name in known}:
        expected = f"no other query parameters than {' and '.join(known)}" if known else "no query parameters"
        raise Problem(HTTPStatus.BAD_REQUEST, f"expected {expected}, each once at most")
    return given


def parameters_of(request: func.HttpRequest) -> list[tuple[str, str]]:
    """Return the parameters that are not the host's, with their names in lower case.

    They are read from the URL, because the host leaves out those without a value.
    """
    pairs = [(name.lower(), value) for name, value in parse_qsl(RequestUrl.of(request).query, keep_blank_values=True)]
    return [(name, value) for name, value in pairs if name not in _OF_THE_HOST]


def flag(query: Mapping[str, str], name: str) -> bool:
    """Return a parameter that is `true` or `false`, and false without it; raise a Problem (400) for anything else."""
    value = query.get(name.lower(), "false").lower()
    if value not in {"true", "false"}:
        raise Problem(HTTPStatus.BAD_REQUEST, f"expected {name}=true or {name}=false")
    return value == "true"
