"""A PATCH as a caller asks for it, and the PUT that it comes to, since Data Factory has only that."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Self

import azure.functions as func

from shared.adf.names import EnvironmentId
from shared.adf.patch import lost_secrets, merged, respelt
from shared.adf.spec import without_server_made
from shared.api.environments.put import Put, checked, condition_in
from shared.api.problem import Problem
from shared.api.request import flag, json_object
from shared.rest.answers import RestAnswer

MEDIA_TYPE = "application/merge-patch+json"


@dataclass(frozen=True, slots=True)
class Patch:
    """The members to change; `if_match` is the caller's, who may know the version to change."""

    body: dict[str, Any] = field(repr=False)
    if_match: str | None
    dry_run: bool
    if_changed: bool

    @classmethod
    def read(cls, request: func.HttpRequest, query: Mapping[str, str]) -> Self:
        """Return what the request asks for; raise a Problem if it is not a merge patch (RFC 7396)."""
        if condition_in(request, "If-None-Match") is not None:
            raise Problem(HTTPStatus.BAD_REQUEST, "expected no If-None-Match: a PATCH changes what is there")
        body = json_object(request, MEDIA_TYPE)
        if_match = condition_in(request, "If-Match")
        return cls(body, if_match, flag(query, "dryRun"), flag(query, "ifChanged"))

    def put(self, environment: EnvironmentId, existing: RestAnswer) -> Put:
        """Return the PUT that makes the environment so, on condition that it was not changed since it was read.

        Raises a Problem: 412 if it is not the version that the caller knows; 422 if a secret would be lost, which names
        each, or the result is not a valid spec.
        """
        shown = existing.json()
        etag = _etag(shown)
        if self.if_match is not None and not _fits(self.if_match, etag):
            raise Problem(HTTPStatus.PRECONDITION_FAILED, "the environment has another ETag", code="PreconditionFailed")
        body = respelt(self.body, shown)
        spec = checked(merged(without_server_made(shown), body), environment)
        if lost := lost_secrets(shown, body, spec):
            raise _would_lose(lost)
        return Put(environment, spec, etag, None, dry_run=self.dry_run, if_changed=self.if_changed)


def _etag(shown: Mapping[str, Any]) -> str:
    etag = shown.get("etag")
    if not (isinstance(etag, str) and etag):
        message = "Data Factory showed no ETag, so a concurrent change could not be noticed"
        raise Problem(HTTPStatus.BAD_GATEWAY, message, code="NoETag")
    return etag


def _fits(condition: str, etag: str) -> bool:
    """Whether an `If-Match` holds; quotes do not count, since Data Factory shows its ETags without."""
    listed = {part.strip().removeprefix("W/").strip('"') for part in condition.split(",")}
    return not listed.isdisjoint({"*", etag.strip('"')})


def _would_lose(paths: tuple[tuple[str, ...], ...]) -> Problem:
    message = "Data Factory does not show it, so a PATCH would lose it: send it again, or null to remove it"
    return Problem(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "secrets would be lost",
        code="SecretsWouldBeLost",
        errors=[{"path": ".".join(path), "message": message} for path in paths],
    )
