"""The secrets in an environment spec: where they are and how they are masked."""

import json
import re
from collections.abc import Iterator
from typing import Any

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
