"""The fate of those keys of an environment that are one decision each."""

from collections.abc import Callable
from typing import Any

from shared.adf.secrets import masked
from shared.adf.spec import is_nothing
from shared.fabric.environment import is_expression, member
from shared.fabric.finding import KeyFinding

AIRFLOW_VERSION = "2.10.5"
PYTHON_VERSION = "3.12"
LONGEST_DESCRIPTION = 256

Path = tuple[str, ...]
Rule = Callable[[Path, Any], KeyFinding]

_OF_TEMPLATE = frozenset({"apiversion", "dependson", "comments", "condition", "location", "scope", "tags"})
_OF_SERVICE = frozenset({"id", "etag", "state"})
_LOGIN = ("Fabric has no Basic login", "give the users roles in the workspace")
_SECRETS = ("secrets are never exported", "make them by hand, or use Azure Key Vault")
_MISNAMED = ("Data Factory most likely ignores this key, so it has had no effect", "")
# What stays if it has one of these values, and what is said if it has another.
_KEPT: dict[str, tuple[tuple[object, ...], str]] = {
    "enableaadintegration": ((True,), "users sign in with Microsoft Entra ID only"),
    "enabletriggerers": ((True, False, "true", "false"), "neither true nor false, so the triggerers are off"),
    "packageproviderpath": (("plugins",), "Fabric's is plugins"),
}
_REPLACED = {
    "airflowversion": (AIRFLOW_VERSION, f"test the DAGs and pin the providers for Airflow {AIRFLOW_VERSION}"),
    "pythonversion": (PYTHON_VERSION, f"test the DAGs and packages on Python {PYTHON_VERSION}"),
}
_LOST = {
    "username": _LOGIN,
    "password": _LOGIN,
    "secrets": _SECRETS,
    "encryptedsecrets": _SECRETS,
    "environmentvariables": _MISNAMED,
    "airflowrequiredarguments": _MISNAMED,
    "version": _MISNAMED,
    "airflowweburl": ("the job has an address of its own", "change links and API clients to the job's address"),
    "airflowentityreferences": ("references of Data Factory", "make connections for what they name"),
}


def of_resource(path: Path, _value: Any) -> KeyFinding:  # noqa: ANN401 - any JSON value
    """Decide about a key beside `properties`."""
    match path[-1].lower():
        case "name":
            return KeyFinding(path, "carried", "the job's display name")
        case "type":
            return KeyFinding(path, "changed", "an item ApacheAirflowJob")
        case key if key in _OF_TEMPLATE:
            return KeyFinding(path, "lost", "of the template, not of the environment")
        case _:
            return _unless_of_service(path)


def of_properties(path: Path, value: Any) -> KeyFinding:  # noqa: ANN401
    """Decide about a key of `properties`."""
    match path[-1].lower():
        case "type":
            return KeyFinding(path, "carried")
        case "description" if len(str(value)) > LONGEST_DESCRIPTION:
            return KeyFinding(path, "changed", f"cut to the {LONGEST_DESCRIPTION} characters that Fabric takes")
        case "description":
            return KeyFinding(path, "carried", "the job's description")
        case _:
            return _unless_of_service(path)


def of_types(path: Path, _value: Any) -> KeyFinding:  # noqa: ANN401
    """Decide about a key of `typeProperties`."""
    return KeyFinding(path, "lost", "not known to Fabric")


def of_airflow(path: Path, value: Any) -> KeyFinding:  # noqa: ANN401
    """Decide about a key of Airflow's section."""
    key = path[-1].lower()
    if is_nothing(value):
        return KeyFinding(path, "carried", "nothing to carry")
    if key in _KEPT:
        expected, note = _KEPT[key]
        return KeyFinding(path, "carried") if value in expected else KeyFinding(path, "changed", note)
    if key in _REPLACED:
        replacement, todo = _REPLACED[key]
        return KeyFinding(path, "changed", f"{value} becomes {replacement}", todo)
    if key == "gitsyncproperties":
        return _of_git(path, value)
    return KeyFinding(path, "lost", *_LOST.get(key, ("not known to Fabric", "")))


def _of_git(path: Path, value: Any) -> KeyFinding:  # noqa: ANN401
    repository = masked(member(value, "repo")) if isinstance(value, dict) else None
    which = f" of {repository}" if isinstance(repository, str) and not is_expression(repository) else ""
    todo = f"set up Git sync{which} in the portal, and then make no route to this job: it can have one of the two"
    return KeyFinding(path, "lost", "an import keeps no Git sync", todo)


def _unless_of_service(path: Path) -> KeyFinding:
    is_known = path[-1].lower() in _OF_SERVICE
    return KeyFinding(path, "lost", "made by Data Factory" if is_known else "not known to Fabric")
