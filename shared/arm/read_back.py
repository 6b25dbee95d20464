"""Recognising our own PUT in what is there: it was carried out, but its answer never came."""

from typing import Any

# What Data Factory takes and does not show again (the seed's sample answer, and its Git sync property table).
_NOT_SHOWN = frozenset({"username", "password", "credential", "secrets", "encryptedsecrets"})


def holds(shown: Any, sent: Any) -> bool:  # noqa: ANN401 - any JSON values
    """Whether a resource has everything that a spec asks for; what the service adds does not count.

    Keys are compared without regard to case, nulls ask for nothing, and secrets cannot be compared.
    """
    if isinstance(sent, dict):
        members = {key.lower(): value for key, value in shown.items()} if isinstance(shown, dict) else {}
        return all(
            holds(members.get(key.lower()), value)
            for key, value in sent.items()
            if value is not None and key.lower() not in _NOT_SHOWN
        )
    return bool(shown == sent)
