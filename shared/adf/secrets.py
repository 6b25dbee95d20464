"""The secrets in an environment spec: where they are, how they are masked, which ones Data Factory never shows."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from shared.adf.spec import is_nothing

MASK = "********"

SECRET_KEYS = frozenset({"password", "credential", "secrets", "encryptedsecrets"})
# Key Vault's own documentation page tells users to put client secrets into these, so no value of them is shown.
SECRET_MAPS = frozenset({"airflowenvironmentvariables", "environmentvariables", "airflowconfigurationoverrides"})
# Up to the last `@` of the authority; and where somebody left a slash in a password, so that the authority seems to end
# there: a colon that no port follows tells.
_URL_USER = re.compile(r"(?<=://)(?:[^/?#\s]+|[^/@:\s]*:(?!\d*(?:[/?#\s]|$))[^\s:]+)(?=@)")
# Ours, and those of others: Data Factory shows secure strings of linked services as ten asterisks.
_ASTERISKS = re.compile(r"\*{3,}")
_MASKED_URL_USER = re.compile(r"://(?:[^/@:\s]*:)?\*{3,}@")


def masked(value: Any) -> Any:  # noqa: ANN401 - any JSON value in, the same shape out
    """Return the JSON value with every secret in it replaced by `MASK`; keys are compared without regard to case."""
    match value:
        case dict():
            return {key: _masked_member(key, member) for key, member in value.items()}
        case list():
            return [masked(item) for item in value]
        case str():
            return _URL_USER.sub(MASK, value)
        case _:
            return value


def _masked_member(key: str, member: Any) -> Any:  # noqa: ANN401
    if key.lower() in SECRET_KEYS:
        return MASK if member else member
    if key.lower() in SECRET_MAPS:
        return dict.fromkeys(member, MASK) if isinstance(member, dict) else MASK if member else member
    return masked(member)


def secrets_in(value: Any, *, secret: bool = False) -> Iterator[str]:  # noqa: ANN401 - any JSON value
    """Yield the secrets themselves, as text."""
    match value:
        case dict():
            for key, member in value.items():
                yield from secrets_in(member, secret=secret or key.lower() in SECRET_KEYS | SECRET_MAPS)
        case list():
            for item in value:
                yield from secrets_in(item, secret=secret)
        case bool() | None:
            return
        case str():
            yield from (value,) if secret else ()
            for user in _URL_USER.findall(value):
                yield from (user, user.partition(":")[2])
        case _ if secret:
            yield json.dumps(value)


def masks_in(value: Any, path: tuple[str, ...] = (), *, secret: bool = False) -> Iterator[tuple[str, ...]]:  # noqa: ANN401
    """Yield the paths at which asterisks stand for a secret, so that no mask is ever stored in place of one."""
    match value:
        case dict():
            for key, member in value.items():
                inner = secret or key.lower() in SECRET_KEYS | SECRET_MAPS
                yield from masks_in(member, (*path, key), secret=inner)
        case list():
            for position, item in enumerate(value):
                yield from masks_in(item, (*path, str(position)), secret=secret)
        case str() if (secret and _ASTERISKS.fullmatch(value)) or _MASKED_URL_USER.search(value):
            yield path


_SECRET = re.compile(r"(?:SECRET|PASSWORD|TOKEN|KEY)\d*(?!_VAULT)(?:_|$)")
# These say where a secret is, what it is called or how long it lives: KEY_VAULT_URL, TOKEN_TTL, SECRET_NAME.
_ABOUT_A_SECRET = re.compile(r"_(?:ID|NAME|URL|URI|PATH|FILE|HOST|ENDPOINT|TTL|SECONDS|EXPIRY)$")
# An Airflow connection holds the login; `AIRFLOW__…_SECRET` is the name of a secret in Airflow's secrets backend.
_CONNECTION = "AIRFLOW_CONN_"
_NAME_IN_BACKEND = re.compile(r"AIRFLOW__\w+_SECRET$")


def looks_secret(name: str) -> bool:
    """Whether the name of an environment variable says that its value is a secret."""
    upper = name.upper()
    if upper.startswith(_CONNECTION):
        return True
    if _NAME_IN_BACKEND.match(upper) or _ABOUT_A_SECRET.search(upper):
        return False
    return _SECRET.search(upper) is not None


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
