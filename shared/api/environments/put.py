"""A PUT as a caller asks for it: the spec checked, what to send, whether to look first, and what a dry run answers."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Self

import azure.functions as func
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from shared.adf.diff import SpecChange
from shared.adf.names import EnvironmentId
from shared.adf.secrets import masks_in
from shared.adf.spec import EnvironmentSpec, normalised
from shared.adf.warnings import SpecWarning
from shared.api.problem import Problem
from shared.api.request import flag


class PlannedChange(BaseModel):
    """One value that would be another one; null stands for what is not there, a secret is only `set` or `changed`."""

    path: str
    before: Any = Field(serialization_alias="from")
    after: Any = Field(serialization_alias="to")


class PlannedRequest(BaseModel):
    """The request to ARM. In an answer the secrets of `body` are masked; in here they are not yet."""

    method: str
    path: str
    headers: dict[str, str]
    body: dict[str, Any] = Field(repr=False)


class Plan(BaseModel):
    """What a request would do; `wouldSend` says whether it would send a PUT to ARM at all."""

    model_config = ConfigDict(alias_generator=to_camel, validate_by_name=True)

    would_send: bool
    changes: tuple[PlannedChange, ...]
    warnings: tuple[SpecWarning, ...]
    request: PlannedRequest

    def wire(self) -> dict[str, Any]:
        """Return the JSON object to answer, not masked yet."""
        return self.model_dump(mode="json", by_alias=True)


# An ETag, quoted or as Data Factory writes it, or `*`, or a list of them (RFC 9110, 13.1).
_CONDITION = re.compile(r"[\x20-\x7e]{1,1024}")
# A body of 1 MiB can be wrong in half a million places.
_MOST_ERRORS = 100


def checked(body: dict[str, Any], environment: EnvironmentId) -> dict[str, Any]:
    """Return what goes to ARM: the JSON as it is with the documented spellings put right; or raise a Problem (422)."""
    try:
        spec = EnvironmentSpec.model_validate(body)
    except ValidationError as error:
        raise _invalid(
            [
                {"path": ".".join(str(part) for part in found["loc"]), "message": _message(found)}
                for found in error.errors(include_url=False, include_input=False, include_context=False)
            ]
        ) from None
    if spec.name is not None and not _same_name(spec.name, environment.name):
        raise _invalid([{"path": "name", "message": "expected the name in the path, or no name"}])
    if masks := list(masks_in(body)):
        message = "expected the secret itself; these asterisks are shown in its place"
        raise _invalid([{"path": ".".join(path), "message": message} for path in masks])
    return normalised(body)


def condition_in(request: func.HttpRequest, header: str) -> str | None:
    """Return `If-Match` or `If-None-Match` as it came, since ARM decides about it; or raise a Problem (400)."""
    condition: str | None = request.headers.get(header)
    if condition is not None and not _CONDITION.fullmatch(condition):
        raise Problem(HTTPStatus.BAD_REQUEST, f"expected {header} to be `*` or an ETag")
    return condition


def _same_name(one: str, other: str) -> bool:
    """Whether ARM would take two names for one; in Python, the sign of Kelvin is a k in lower case too."""
    return one.isascii() and one.lower() == other.lower()


def _message(found: Any) -> str:  # noqa: ANN401 - pydantic's ErrorDetails
    return str(found["msg"]).removeprefix("Value error, ")


def _invalid(errors: list[dict[str, str]]) -> Problem:
    if (left_out := len(errors) - _MOST_ERRORS) > 0:
        errors = [*errors[:_MOST_ERRORS], {"path": "", "message": f"{left_out} more"}]
    return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "the body is not an environment spec", errors=errors)


@dataclass(frozen=True, slots=True)
class Put:
    """What an environment should be; the spec is not in its `repr`, since it may hold secrets.

    `dry_run` asks what would be done, `if_changed` to send nothing where nothing changes.
    """

    environment: EnvironmentId
    spec: dict[str, Any] = field(repr=False)
    if_match: str | None
    if_none_match: str | None
    dry_run: bool
    if_changed: bool

    @classmethod
    def read(
        cls, request: func.HttpRequest, query: Mapping[str, str], body: dict[str, Any], environment: EnvironmentId
    ) -> Self:
        """Return what the request asks for; raise a Problem if that cannot be sent.

        A condition is ARM's to decide, so with one a PUT is sent whether or not it changes anything.
        """
        if_match, if_none_match = condition_in(request, "If-Match"), condition_in(request, "If-None-Match")
        conditional = (if_match, if_none_match) != (None, None)
        return cls(
            environment,
            checked(body, environment),
            if_match,
            if_none_match,
            dry_run=flag(query, "dryRun"),
            if_changed=flag(query, "ifChanged") and not conditional,
        )

    @property
    def looks_first(self) -> bool:
        """Whether what is there has to be known."""
        return self.dry_run or self.if_changed

    @property
    def conditions(self) -> dict[str, str]:
        """The headers that make it depend on what is there."""
        conditions = {"If-Match": self.if_match, "If-None-Match": self.if_none_match}
        return {name: etag for name, etag in conditions.items() if etag is not None}

    def sends(self, changed: Sequence[SpecChange]) -> bool:
        """Whether ARM is asked, apart from a dry run."""
        return bool(changed) or not self.if_changed

    def plan(self, changed: Sequence[SpecChange], warnings: Sequence[SpecWarning]) -> Plan:
        """Return the answer of a dry run."""
        path, headers = str(self.environment), self.conditions
        return Plan(
            would_send=self.sends(changed),
            changes=tuple(
                PlannedChange(path=".".join(each.path), before=each.before, after=each.after) for each in changed
            ),
            warnings=tuple(warnings),
            request=PlannedRequest(method="PUT", path=path, headers=headers, body=self.spec),
        )
