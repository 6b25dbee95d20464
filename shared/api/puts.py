"""A PUT as a caller asks for it: what to send, and whether to look first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import azure.functions as func

from shared.adf.changes import Change
from shared.adf.names import EnvironmentId
from shared.adf.warnings import SpecWarning
from shared.api.query import flag
from shared.api.specs import condition_in, spec_in
from shared.api.warnings_header import members_of


@dataclass(frozen=True, slots=True)
class Put:
    """What a caller wants an environment to be; the spec is not in its `repr`, since it may hold secrets.

    `dry_run` asks for what would be done, `if_changed` to send nothing where nothing changes.
    """

    environment: EnvironmentId
    spec: dict[str, Any] = field(repr=False)
    if_match: str | None
    if_none_match: str | None
    dry_run: bool
    if_changed: bool

    @classmethod
    def read(cls, request: func.HttpRequest, query: Mapping[str, str], environment: EnvironmentId) -> Self:
        """Return what the request asks for; raise a Problem if it is nothing that can be sent."""
        dry_run, if_changed = flag(query, "dryRun"), flag(query, "ifChanged")
        if_match, if_none_match = condition_in(request, "If-Match"), condition_in(request, "If-None-Match")
        return cls(environment, spec_in(request, environment), if_match, if_none_match, dry_run, if_changed)

    @property
    def looks_first(self) -> bool:
        """Whether what is there has to be known."""
        return self.dry_run or self.if_changed

    def sends(self, changed: Sequence[Change]) -> bool:
        """Whether ARM is asked, apart from a dry run. A condition is ARM's to decide, so it is always asked then."""
        conditional = (self.if_match, self.if_none_match) != (None, None)
        return bool(changed) or conditional or not self.if_changed

    def plan(self, changed: Sequence[Change], warnings: Sequence[SpecWarning]) -> dict[str, object]:
        """Return the answer of a dry run; the body in it is not masked yet."""
        return {
            "wouldSend": self.sends(changed),
            "changes": [{"path": ".".join(each.path), "from": each.before, "to": each.after} for each in changed],
            "warnings": members_of(warnings),
            "request": {"method": "PUT", "path": str(self.environment), "body": self.spec},
        }
