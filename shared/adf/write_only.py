"""Secrets that Data Factory takes and never shows: whoever reads an environment and sends it back loses them.

Source: the seed's sample answer lacks `userName` and `password` of its request. That a Git credential and Kubernetes
secrets are not shown either is assumed. Whether there is one can only be guessed from what is shown around it.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from shared.adf.server_made import is_nothing

Path = tuple[str, ...]

_AIRFLOW = ("properties", "typeProperties", "airflowProperties")
_GIT = (*_AIRFLOW, "gitSyncProperties")
_LOGIN = ("userName", "password")
_KUBERNETES = ("secrets", "encryptedSecrets")


def lost_secrets(existing: Mapping[str, Any], patch: Mapping[str, Any], result: Mapping[str, Any]) -> tuple[Path, ...]:
    """Return the secrets that a PUT of `result` would drop, although the patch neither gives nor nulls them."""
    needed = [*_login(result), *_git(existing, result), *_kubernetes(existing, result)]
    return tuple(path for path in needed if not _names(patch, path))


def _login(result: Mapping[str, Any]) -> Iterator[Path]:
    """Yield the login, unless users sign in with Microsoft Entra ID."""
    airflow = _section(result, _AIRFLOW)
    if airflow is not None and _member(airflow, "enableAADIntegration") is not True:
        yield from ((*_AIRFLOW, name) for name in _LOGIN)


def _git(existing: Mapping[str, Any], result: Mapping[str, Any]) -> Iterator[Path]:
    if all(_needs_credential(_section(environment, _GIT)) for environment in (existing, result)):
        yield (*_GIT, "credential")


def _kubernetes(existing: Mapping[str, Any], result: Mapping[str, Any]) -> Iterator[Path]:
    """Yield those that are shown, since nobody knows how much of them is."""
    shown = _section(existing, _AIRFLOW) or {}
    if _section(result, _AIRFLOW) is not None:
        yield from ((*_AIRFLOW, name) for name in _KUBERNETES if not is_nothing(_member(shown, name)))


def _needs_credential(git: Mapping[str, Any] | None) -> bool:
    return git is not None and str(_member(git, "gitCredentialType")).lower() != "none"


def _names(patch: Mapping[str, Any], path: Path) -> bool:
    section = _section(patch, path[:-1]) or {}
    return path[-1].lower() in {key.lower() for key in section}


def _section(environment: Mapping[str, Any], path: Path) -> Mapping[str, Any] | None:
    section: Any = environment
    for key in path:
        section = _member(section, key)
    return section if isinstance(section, Mapping) else None


def _member(section: Any, name: str) -> Any:  # noqa: ANN401 - any JSON value
    members = section.items() if isinstance(section, Mapping) else ()
    return next((value for key, value in members if key.lower() == name.lower()), None)
