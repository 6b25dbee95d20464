"""A PATCH as a caller asks for it, and the PUT that it comes to, since Data Factory has only that."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import azure.functions as func

from shared.adf.names import EnvironmentId
from shared.adf.patch import lost_secrets, merged, respelt
from shared.adf.spec import without_server_made
from shared.api.environments.conditions import Conditions
from shared.api.environments.put import Put, accepted, checked
from shared.api.problem import Problem
from shared.api.request import flag, json_object
from shared.arm.factory import etag_of
from shared.rest.answers import RestAnswer

MEDIA_TYPE = "application/merge-patch+json"


@dataclass(frozen=True, slots=True)
class Patch:
    """The members to change, and the conditions of the caller, who may know the version to change."""

    body: dict[str, Any] = field(repr=False)
    conditions: Conditions
    dry_run: bool
    if_changed: bool

    @classmethod
    def read(cls, request: func.HttpRequest, query: Mapping[str, str]) -> Self:
        """Return what the request asks for; raise a Problem if it is not a merge patch (RFC 7396)."""
        body = accepted(json_object(request, MEDIA_TYPE))
        return cls(body, Conditions.of(request), flag(query, "dryRun"), flag(query, "ifChanged"))

    def put(self, environment: EnvironmentId, existing: RestAnswer) -> Put:
        """Return the PUT that makes the environment so, on condition that it was not changed since it was read.

        Raises a Problem: 412 if a condition of the caller does not hold; 422 if a secret would be lost, which names
        each, or the result is not a valid spec.
        """
        shown, etag = existing.json(), etag_of(existing)
        if etag is None:
            raise Problem("NoETag", "Data Factory showed no ETag, so a concurrent change could not be noticed")
        self.conditions.check(etag)
        body = respelt(self.body, shown)
        spec = checked(merged(without_server_made(shown), body), environment)
        if lost := lost_secrets(shown, body, spec):
            raise _would_lose(lost)
        version = Conditions(if_match=etag)
        return Put(environment, spec, version, dry_run=self.dry_run, if_changed=self.if_changed)


def _would_lose(paths: tuple[tuple[str, ...], ...]) -> Problem:
    message = "Data Factory does not show it, so a PATCH would lose it: send it again, or null to remove it"
    errors = [{"path": ".".join(path), "message": message} for path in paths]
    return Problem("SecretsWouldBeLost", "secrets would be lost", errors)
