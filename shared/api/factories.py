"""Which factory a request is about: one that the operator listed, or none."""

from collections.abc import Sequence
from http import HTTPStatus

from shared.adf.names import FactoryId
from shared.api.problem import Problem


def picked(asked: str | None, factories: Sequence[FactoryId]) -> FactoryId:
    """Return the factory that is asked for, by its name or ARM id in any case, or the first one if none is.

    Raises a Problem: 403 for a factory that is not listed, 422 for a name that several of them share.
    """
    if asked is None:
        return factories[0]
    found = [factory for factory in factories if asked.lower() in {factory.name.lower(), factory.key}]
    if not found:
        raise Problem(HTTPStatus.FORBIDDEN, "the settings list no such factory", code="FactoryNotListed")
    if len(found) > 1:
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "several factories have this name; give the ARM id")
    return found[0]
