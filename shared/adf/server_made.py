"""What Data Factory writes into an environment by itself (the seed's sample answer against its sample request)."""

from collections.abc import Mapping
from typing import Any

_TYPES = ("properties", "typeproperties")
_COMPUTE = (*_TYPES, "computeproperties")
_AIRFLOW = (*_TYPES, "airflowproperties")

# Nobody asks for these; a caller who sends back what was shown does not mean them.
_ALWAYS = frozenset({("id",), ("name",), ("type",), ("etag",), ("properties", "state"), (*_AIRFLOW, "airflowweburl")})
# These are filled in where a spec says nothing. The version of an environment cannot change at all.
_FILLED_IN = frozenset(
    {
        (*_COMPUTE, "location"),
        (*_AIRFLOW, "airflowversion"),
        (*_AIRFLOW, "pythonversion"),
        (*_AIRFLOW, "packageproviderpath"),
    }
)
_FILLED_IN_WITH_FALSE = frozenset({(*_COMPUTE, "enableautoscale"), (*_AIRFLOW, "enabletriggerers")})


def is_nothing(value: Any) -> bool:  # noqa: ANN401 - any JSON value
    """Whether a value asks for nothing: null (the seed's sample sends it), an empty list or an empty object."""
    return value is None or value in ([], {})


def is_made_by_service(path: tuple[str, ...], shown: Any, asked: Any) -> bool:  # noqa: ANN401
    """Whether the difference of the two values at a path, if there is one, is none that the caller asks for."""
    folded = tuple(key.lower() for key in path)
    if folded in _ALWAYS:
        return True
    if not is_nothing(asked):
        return False
    return folded in _FILLED_IN or (folded in _FILLED_IN_WITH_FALSE and shown is False)


def without_server_made(shown: Mapping[str, Any], path: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return an environment as it is shown without what nobody can ask for; what may have been asked for stays."""
    return {
        key: without_server_made(member, (*path, key.lower())) if isinstance(member, Mapping) else member
        for key, member in shown.items()
        if (*path, key.lower()) not in _ALWAYS
    }
