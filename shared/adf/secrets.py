"""The secrets in an environment spec: where they are and how they are masked."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

MASK = "********"

SECRET_KEYS = frozenset({"password", "credential", "secrets", "encryptedsecrets"})
# Key Vault's own documentation page tells users to put client secrets into these, so no value of them is shown.
SECRET_MAPS = frozenset({"airflowenvironmentvariables", "environmentvariables", "airflowconfigurationoverrides"})
# What comes before a login: `https://`, or `//` where no path goes on.
_URL_START = r"""(?:(?<=://)|(?<=^//)|(?<=[\s"'`(<\[{=,;]//))"""
# Up to the last `@` of the authority; or past a slash or a space that was left in a password, so that the authority
# seems to end there. That it is one tells a colon that no port follows, or that no host with a port comes before it:
# one has a dot or is `localhost`, and then a host has to come after the `@`. Colons in a password are looked for
# up to a length, since such a search may go over the beginning of the next URL.
_URL_USER = re.compile(
    _URL_START
    + r"""(?:
        [^/?#\s]+
        | [^/@:\s]*:(?!\d*(?:[/?#\s]|$))[^\s:]+
        | [^/@:\s\[]*:(?!\d*(?:[/?#\s]|$))(?:[^\s:]|:(?!//)){1,100}
        | [^/@:\s]*:(?!\d*(?:[/?#\s]|$))[^\s:@]+(?:\x20[^\s:@]+){1,5}
        | (?!localhost:)[^/@:.\s\[\]]+:\d+[/?#][^\s:]+
        | [^/@:\s]+:\d+[/?#][^\s:]+(?=@[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}(?:[:/?#\s]|$))
    )(?=@)""",
    re.VERBOSE | re.IGNORECASE,
)
# Ours, and those of others: Data Factory shows secure strings of linked services as ten asterisks.
_ASTERISKS = re.compile(r"\*{3,}")
_MASKED_URL_USER = re.compile(r"//(?:[^/@:\s]*:)?\*{3,}@")


def masked(value: Any) -> Any:  # noqa: ANN401 - any JSON value in, the same shape out
    """Return the JSON value with every secret in it replaced by `MASK`; keys are compared without regard to case.

    It takes no recursion, since a service may answer with any depth.
    """
    top = [value]
    todo: list[tuple[Any, Any]] = [(top, 0)]
    while todo:
        holder, place = todo.pop()
        match holder[place]:
            case dict() as members:
                holder[place] = copy = {key: _masked_secret(key, member) for key, member in members.items()}
                todo += ((copy, key) for key in copy if not is_secret(key))
            case list() as items:
                holder[place] = [*items]
                todo += ((holder[place], position) for position in range(len(items)))
            case str() as text:
                holder[place] = _URL_USER.sub(MASK, text)
    return top[0]


def is_secret(key: str) -> bool:
    """Whether what stands under a key is a secret, or a map of values that may be."""
    return key.lower() in SECRET_KEYS | SECRET_MAPS


def _masked_secret(key: str, member: Any) -> Any:  # noqa: ANN401
    if not is_secret(key):
        return member
    if key.lower() in SECRET_MAPS and isinstance(member, dict):
        return dict.fromkeys(member, MASK)
    return MASK if member else member


def secrets_in(value: Any) -> Iterator[str]:  # noqa: ANN401 - any JSON value
    """Yield the secrets themselves, as text."""
    for leaf in leaves(value):
        match leaf.value:
            case bool() | None:
                continue
            case str() as text:
                yield from (text,) if leaf.secret else ()
                for user in _URL_USER.findall(text):
                    yield from (user, user.partition(":")[2])
            case _ if leaf.secret:
                yield str(leaf.value)


def masks_in(value: Any) -> Iterator[tuple[str, ...]]:  # noqa: ANN401
    """Yield the paths at which asterisks stand for a secret, so that no mask is ever stored in place of one."""
    for leaf in leaves(value):
        text = leaf.value
        if isinstance(text, str) and ((leaf.secret and _ASTERISKS.fullmatch(text)) or _MASKED_URL_USER.search(text)):
            yield leaf.path


@dataclass(frozen=True, slots=True)
class Leaf:
    """A value of JSON that holds no others: where it is, and whether it stands below a key of secrets."""

    path: tuple[str, ...]
    value: Any
    secret: bool


def leaves(value: Any) -> Iterator[Leaf]:  # noqa: ANN401
    """Yield what is not an object or a list, in the order of the text and without recursion."""
    todo = [Leaf((), value, secret=False)]
    while todo:
        leaf = todo.pop()
        match leaf.value:
            case dict() as members:
                below = [Leaf((*leaf.path, key), each, leaf.secret or is_secret(key)) for key, each in members.items()]
            case list() as items:
                below = [Leaf((*leaf.path, str(n)), item, leaf.secret) for n, item in enumerate(items)]
            case _:
                yield leaf
                continue
        todo += reversed(below)


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
