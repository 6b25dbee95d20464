"""Secrets go in and never come out: the one place that knows which values of an environment are secret."""

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
