"""The app where it cannot be set up: no triggers, and two endpoints that say so.

If importing the app failed, Azure would show an app that runs and has no functions: 404 for everything, and not a line
in any log (github.com/Azure/azure-functions-python-worker, issues 1165 and 1338). This module needs nothing but
`azure.functions`.
"""

import json
import logging
import sys
import traceback
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.util import find_spec
from types import MappingProxyType

import azure.functions as func

from shared.errors import SettingsError

log = logging.getLogger(__name__)

_HEADING = "the app has no triggers, because it is misconfigured"

# What requirements.txt installs, by the module that is imported, often not before it is needed.
PACKAGES: Mapping[str, str] = MappingProxyType(
    {
        "azure.functions": "azure-functions",
        "azurefunctions.extensions.base": "azurefunctions-extensions-base",
        "azure.identity": "azure-identity",
        "azure.storage.blob": "azure-storage-blob",
        "azure.storage.queue": "azure-storage-queue",
        "requests": "requests",
        "pydantic": "pydantic",
        "opentelemetry": "opentelemetry-api",
        "prometheus_client": "prometheus_client",
        "jinja2": "Jinja2",
        "croniter": "croniter",
        "re2": "google-re2",
        "pathspec": "pathspec",
    }
)


class PackageError(ImportError):
    """Packages of requirements.txt are not installed."""


def require_packages() -> None:
    """Raise PackageError if one is not installed."""
    if missing := _missing_packages():
        raise PackageError(", ".join(missing))


def problems_of(error: Exception) -> tuple[str, ...]:
    """Return what keeps the app from being set up, a sentence each; none holds a value that may be secret."""
    packages = tuple(f"the package {name} of requirements.txt is not installed" for name in _missing_packages())
    match error:
        case SettingsError():
            return (*packages, *error.problems)
        case ImportError() if packages:
            return packages
        case ImportError():
            return (f"a part of the app cannot be imported: {error}",)
        case _:
            place = traceback.extract_tb(error.__traceback__)[-1]
            return (f"the app cannot be set up: {type(error).__name__} at {place.name}, line {place.lineno}",)


def app_that_tells(problems: Sequence[str]) -> func.FunctionApp:
    """Return an app whose `/api/health` says that it is misconfigured, and whose `/api/ready`, with a key, says how.

    The problems are written to the console now, because a worker forwards no records of an import, and to the log with
    the first request.
    """
    sys.stderr.writelines(f"{_HEADING}: {problem}\n" for problem in problems)
    app = func.FunctionApp()

    @cache
    def log_once() -> None:
        for problem in problems:
            log.error("%s: %s", _HEADING, problem)

    troubles = [{"route": None, "reason": "Misconfigured", "sentence": problem} for problem in problems]

    @app.route(route="health", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
    def health(req: func.HttpRequest) -> func.HttpResponse:  # noqa: ARG001 - the binding's name
        log_once()
        return _unavailable({"status": "misconfigured"})

    @app.route(route="ready", methods=["GET"], auth_level=func.AuthLevel.FUNCTION)
    def ready(req: func.HttpRequest) -> func.HttpResponse:  # noqa: ARG001 - the binding's name
        log_once()
        return _unavailable({"ready": False, "troubles": troubles, "routes": []})

    return app


def _unavailable(body: Mapping[str, object]) -> func.HttpResponse:
    return func.HttpResponse(json.dumps(body), status_code=503, mimetype="application/json")


def _missing_packages() -> list[str]:
    return [package for module, package in PACKAGES.items() if not _is_installed(module)]


def _is_installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False
