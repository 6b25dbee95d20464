"""JSON merge patch (RFC 7396) of an environment, and the secrets that a PUT of the result would lose."""

from collections.abc import Iterator, Mapping
from typing import Any

from shared.adf.secrets import SECRET_MAPS
from shared.adf.spec import is_nothing


def merged(existing: Any, patch: Any) -> Any:  # noqa: ANN401 - any JSON values
    """Return `existing` as `patch` wants it: null removes a member, objects are merged, all else replaces."""
    if not isinstance(patch, Mapping):
        return patch
    result = dict(existing) if isinstance(existing, Mapping) else {}
    for key, member in patch.items():
        if member is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), member)
    return result


def respelt(patch: Any, existing: Any) -> Any:  # noqa: ANN401
    """Return the patch with its keys spelt as in `existing` where they differ in case only.

    Data Factory does not tell `ExtraNodes` from `extraNodes`, and would get both. Names of variables are the caller's.
    """
    if not (isinstance(patch, Mapping) and isinstance(existing, Mapping)):
        return patch
    spellings = {key.lower(): key for key in existing}
    result = {}
    for key, member in patch.items():
        spelling = key if key in existing else spellings.get(key.lower(), key)
        shown = None if key.lower() in SECRET_MAPS else existing.get(spelling)
        result[spelling] = respelt(member, shown)
    return result


_Path = tuple[str, ...]

_AIRFLOW = ("properties", "typeProperties", "airflowProperties")
_GIT = (*_AIRFLOW, "gitSyncProperties")
_LOGIN = ("userName", "password")
_KUBERNETES = ("secrets", "encryptedSecrets")


def lost_secrets(existing: Mapping[str, Any], patch: Mapping[str, Any], result: Mapping[str, Any]) -> tuple[_Path, ...]:
    """Return the secrets that a PUT of `result` would drop, although the patch neither gives nor nulls them."""
    needed = [*_login(result), *_git(existing, result), *_kubernetes(existing, result)]
    return tuple(path for path in needed if not _names(patch, path))


def _login(result: Mapping[str, Any]) -> Iterator[_Path]:
    """Yield the login, unless users sign in with Microsoft Entra ID."""
    airflow = _section(result, _AIRFLOW)
    if airflow is not None and _member(airflow, "enableAADIntegration") is not True:
        yield from ((*_AIRFLOW, name) for name in _LOGIN)


def _git(existing: Mapping[str, Any], result: Mapping[str, Any]) -> Iterator[_Path]:
    if all(_needs_credential(_section(environment, _GIT)) for environment in (existing, result)):
        yield (*_GIT, "credential")


def _kubernetes(existing: Mapping[str, Any], result: Mapping[str, Any]) -> Iterator[_Path]:
    """Yield those that are shown, since they may be shown in part only."""
    shown = _section(existing, _AIRFLOW) or {}
    if _section(result, _AIRFLOW) is not None:
        yield from ((*_AIRFLOW, name) for name in _KUBERNETES if not is_nothing(_member(shown, name)))


def _needs_credential(git: Mapping[str, Any] | None) -> bool:
    return git is not None and str(_member(git, "gitCredentialType")).lower() != "none"


def _names(patch: Mapping[str, Any], path: _Path) -> bool:
    section = _section(patch, path[:-1]) or {}
    return path[-1].lower() in {key.lower() for key in section}


def _section(environment: Mapping[str, Any], path: _Path) -> Mapping[str, Any] | None:
    section: Any = environment
    for key in path:
        section = _member(section, key)
    return section if isinstance(section, Mapping) else None


def _member(section: Any, name: str) -> Any:  # noqa: ANN401 - any JSON value
    members = section.items() if isinstance(section, Mapping) else ()
    return next((value for key, value in members if key.lower() == name.lower()), None)
