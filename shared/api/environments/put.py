"""A PUT as a caller asks for it: the spec checked, what to send, whether to look first, and what a dry run answers."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import azure.functions as func
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from shared.adf.diff import SpecChange
from shared.adf.names import EnvironmentId
from shared.adf.secrets import masks_in
from shared.adf.spec import READINGS, EnvironmentSpec, normalised, twins_in
from shared.adf.templates import TemplateFound, environment_in, expressions_in, template_in
from shared.adf.warnings import SpecWarning
from shared.api.environments.conditions import Conditions
from shared.api.problem import Problem
from shared.api.request import flag


class _Planned(BaseModel):
    # Most requests are no dry runs, and need no schema of these.
    model_config = ConfigDict(alias_generator=to_camel, validate_by_name=True, defer_build=True)


class PlannedChange(_Planned):
    """One value that would be another one; null stands for what is not there, a secret is only `set` or `changed`."""

    path: str
    before: Any = Field(serialization_alias="from")
    after: Any = Field(serialization_alias="to")


class PlannedRequest(_Planned):
    """The request to ARM. In an answer the secrets of `body` are masked; in here they are not yet."""

    method: str
    path: str
    headers: dict[str, str]
    body: dict[str, Any] = Field(repr=False)


class Plan(_Planned):
    """What a request would do; `wouldSend` says whether it would send a PUT to ARM at all."""

    would_send: bool
    changes: tuple[PlannedChange, ...]
    warnings: tuple[SpecWarning, ...]
    request: PlannedRequest

    def wire(self) -> dict[str, Any]:
        """Return the JSON object to answer, not masked yet."""
        return self.model_dump(by_alias=True)


# A body of 1 MiB can be wrong in half a million places.
_MOST_ERRORS = 100


def accepted(body: dict[str, Any]) -> dict[str, Any]:
    """Return what a caller sent with its documented keys as they are documented; raise a Problem (422).

    Refused are ARM templates, keys that differ in case only, and expressions in the place of a secret.
    """
    if template := template_in(body):
        raise _template(template)
    if twins := list(twins_in(body)):
        raise _invalid(twins, "expected one key; Data Factory does not tell it from another one in a different case")
    if expressions := [each for each in expressions_in(body) if each.secret]:
        raise _invalid_spec({"path": ".".join(each.path), "message": each.message} for each in expressions)
    return normalised(body)


def checked(body: dict[str, Any], environment: EnvironmentId) -> dict[str, Any]:
    """Return a valid spec, which is what goes to ARM; raise a Problem (422) for one that is not valid."""
    try:
        spec = EnvironmentSpec.model_validate(body)
    except ValidationError as error:
        raise _invalid_spec(
            {"path": ".".join(str(part) for part in found["loc"] if part not in READINGS), "message": _message(found)}
            for found in error.errors(include_url=False, include_input=False, include_context=False)
        ) from None
    if spec.name is not None and not _same_name(spec.name, environment.name):
        raise _invalid_spec([{"path": "name", "message": "expected the name in the path, or no name"}])
    if masks := list(masks_in(body)):
        raise _invalid(masks, "expected the secret itself; these asterisks are shown in its place")
    return normalised(body)


def _same_name(one: str, other: str) -> bool:
    """Whether ARM would take two names for one; in Python, the sign of Kelvin is a k in lower case too."""
    return one.isascii() and one.lower() == other.lower()


def _message(found: Any) -> str:  # noqa: ANN401 - pydantic's ErrorDetails
    return str(found["msg"]).removeprefix("Value error, ")


def _template(found: TemplateFound) -> Problem:
    part = environment_in(found)
    if part is None:
        return _invalid_spec(
            [{"path": f"{found.path}resources", "message": "this ARM template has no Airflow environment"}]
        )
    message = f"the body is an ARM template; send this part of it alone, with its values: {part.outline}"
    return _invalid_spec([{"path": part.path, "message": message}])


def _invalid(paths: Iterable[Sequence[str]], message: str) -> Problem:
    return _invalid_spec({"path": ".".join(path), "message": message} for path in paths)


def _invalid_spec(found: Iterable[Mapping[str, str]]) -> Problem:
    errors = list(found)
    if (left_out := len(errors) - _MOST_ERRORS) > 0:
        errors = [*errors[:_MOST_ERRORS], {"path": "", "message": f"{left_out} more"}]
    return Problem("InvalidSpec", "the body is not an environment spec", errors)


@dataclass(frozen=True, slots=True)
class Put:
    """What an environment should be; the spec is not in its `repr`, since it may hold secrets.

    `dry_run` asks what would be done, `if_changed` to send nothing where nothing changes.
    """

    environment: EnvironmentId
    spec: dict[str, Any] = field(repr=False)
    conditions: Conditions
    dry_run: bool
    if_changed: bool

    @classmethod
    def read(
        cls, request: func.HttpRequest, query: Mapping[str, str], body: dict[str, Any], environment: EnvironmentId
    ) -> Self:
        """Return what the request asks for with an accepted body; raise a Problem if that cannot be sent.

        A condition is ARM's to decide, so with one a PUT is sent whether or not it changes anything.
        """
        conditions = Conditions.of(request)
        return cls(
            environment,
            checked(body, environment),
            conditions,
            dry_run=flag(query, "dryRun"),
            if_changed=flag(query, "ifChanged") and not conditions,
        )

    @property
    def looks_first(self) -> bool:
        """Whether what is there has to be known."""
        return self.dry_run or self.if_changed

    def sends(self, changed: Sequence[SpecChange]) -> bool:
        """Whether ARM is asked, apart from a dry run."""
        return bool(changed) or not self.if_changed

    def plan(self, changed: Sequence[SpecChange], warnings: Sequence[SpecWarning]) -> Plan:
        """Return the answer of a dry run."""
        path, headers = str(self.environment), self.conditions.headers
        return Plan(
            would_send=self.sends(changed),
            changes=tuple(
                PlannedChange(path=".".join(each.path), before=each.before, after=each.after) for each in changed
            ),
            warnings=tuple(warnings),
            request=PlannedRequest(method="PUT", path=path, headers=headers, body=self.spec),
        )
