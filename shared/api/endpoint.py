"""An HTTP route of the app, and what answers at it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

import azure.functions as func

# A parameter that is always empty: Azure Functions takes an empty route for none and uses the function's name.
ROOT = "{root:maxlength(0)?}"

Answering = Callable[[func.HttpRequest], func.HttpResponse]
_App = TypeVar("_App")


@dataclass(frozen=True, slots=True)
class Endpoint(Generic[_App]):
    """One method on one path below `/api`; `name` is the function's, and the operation's in the API document.

    `handler` picks what answers from the parts of the app. Azure asks the caller for a key of the app, unless
    `anonymous`.
    """

    name: str
    method: Literal["GET", "PUT", "POST", "PATCH", "DELETE"]
    path: str
    summary: str
    handler: Callable[[_App], Answering]
    anonymous: bool = False

    @property
    def methods(self) -> list[str]:
        """The methods to register: uptime monitors send HEAD for GET; the host then leaves the body out."""
        return ["GET", "HEAD"] if self.method == "GET" else [self.method]

    @property
    def url_path(self) -> str:
        """The path as a caller writes it, with its parameters in braces."""
        return "/api/" + self.path.replace(ROOT, "").replace("{*", "{")
