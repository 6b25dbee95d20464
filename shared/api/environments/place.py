"""Which factory and environment a request is about, in the app's own paths and in ARM's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import azure.functions as func

from shared.adf.names import EnvironmentId, FactoryId
from shared.api.problem import Problem
from shared.api.request import query_of
from shared.arm.clouds import API_VERSION

_VERSION = "api-version"


@dataclass(frozen=True, slots=True)
class Place:
    """A factory that the settings list, and the request's query."""

    factory: FactoryId
    query: Mapping[str, str]

    @classmethod
    def of(cls, request: func.HttpRequest, factories: Sequence[FactoryId], *options: str) -> Self:
        """Return where a request leads; raise a Problem: 400 for a query, 403 for a factory that is not listed.

        Below `/api/subscriptions` the path names the factory and `api-version` is asked for, as in ARM; elsewhere
        `?factory=` may. `options` are further query parameters that the request may have.
        """
        if "subscriptionId" in request.route_params:
            query = query_of(request, _VERSION, *options)
            _check_version(query.get(_VERSION))
            return cls(picked(_factory_in(request.route_params), factories), query)
        query = query_of(request, "factory", *options)
        return cls(picked(query.get("factory"), factories), query)

    def named(self, name: str, path: str = "{name}") -> EnvironmentId:
        """Return the environment of this name in the factory; raise a Problem (422), which says where the name was."""
        try:
            return EnvironmentId(self.factory, name)
        except ValueError as error:
            errors = [{"path": path, "message": str(error)}]
            raise Problem("InvalidName", "the name is not legal", errors) from None


def _factory_in(params: Mapping[str, str]) -> str:
    """Return the ARM id that a path spells; it is only compared with those listed, so its parts need no check."""
    return (
        f"/subscriptions/{params['subscriptionId']}/resourceGroups/{params['resourceGroupName']}"
        f"/providers/Microsoft.DataFactory/factories/{params['factoryName']}"
    )


def _check_version(version: str | None) -> None:
    if not version:
        raise Problem("MissingApiVersionParameter", f"expected {_VERSION}={API_VERSION} in the query")
    if version != API_VERSION:
        raise Problem("InvalidApiVersionParameter", f"expected {_VERSION}={API_VERSION} and no other")


def picked(asked: str | None, factories: Sequence[FactoryId]) -> FactoryId:
    """Return the factory that is asked for, by its name or ARM id in any case, or the first one if none is.

    Raises a Problem: 404 where no route goes into Data Factory, 403 for a factory that is not listed, 422 for a name
    that several of them share.
    """
    if not factories:
        raise Problem("NoFactory", "no route goes into Data Factory, so there are no environments here")
    if asked is None:
        return factories[0]
    found = [factory for factory in factories if asked.lower() in {factory.name.lower(), factory.key}]
    if not found:
        raise Problem("FactoryNotListed", "the settings do not list this factory")
    if len(found) > 1:
        raise Problem("AmbiguousFactory", "several factories have this name; give the ARM id")
    return found[0]
