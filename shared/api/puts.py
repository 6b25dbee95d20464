"""A PUT as a caller asks for it: what to send, and whether to look first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import azure.functions as func

from shared.adf.changes import Change
from shared.adf.names import EnvironmentId
from shared.adf.warnings import SpecWarning
from shared.api.plans import Plan, PlannedChange, PlannedRequest
from shared.api.query import flag
from shared.api.specs import checked, condition_in


@dataclass(frozen=True, slots=True)
class Put:
    """What an environment shall be; the spec is not in its `repr`, since it may hold secrets.

    `dry_run` asks for what would be done, `if_changed` to send nothing where nothing changes.
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
        """Return what the request asks for; raise a Problem if it is nothing that can be sent.

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

    def sends(self, changed: Sequence[Change]) -> bool:
        """Whether ARM is asked, apart from a dry run."""
        return bool(changed) or not self.if_changed

    def plan(self, changed: Sequence[Change], warnings: Sequence[SpecWarning]) -> Plan:
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
