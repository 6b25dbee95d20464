"""A request's URL, divided as text: its host is whatever a caller wrote into `Host`, and `urlsplit` raises for some."""

from dataclasses import dataclass
from typing import Self

import azure.functions as func


@dataclass(frozen=True, slots=True)
class RequestUrl:
    """Where a request went: `origin` like `https://app.example`, `path` as it came, `query` without `?`."""

    origin: str
    path: str
    query: str

    @classmethod
    def of(cls, request: func.HttpRequest) -> Self:
        """Divide the URL of a request."""
        address, _, query = request.url.partition("#")[0].partition("?")
        scheme, _, rest = address.partition("://")
        host, slash, path = rest.partition("/")
        return cls(f"{scheme}://{host}", slash + path, query)
