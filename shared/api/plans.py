"""The answer of a dry run: what would change, and the request that would be sent."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from shared.adf.warnings import SpecWarning


class PlannedChange(BaseModel):
    """One value that would be another one; null stands for what is not there, a secret is only `set` or `changed`."""

    path: str
    before: Any = Field(serialization_alias="from")
    after: Any = Field(serialization_alias="to")


class PlannedRequest(BaseModel):
    """What would go to ARM. In an answer the secrets of `body` are masked; in here they are not yet."""

    method: str
    path: str
    headers: dict[str, str]
    body: dict[str, Any] = Field(repr=False)


class Plan(BaseModel):
    """What a request would do; `wouldSend` says whether it would ask ARM for a change at all."""

    model_config = ConfigDict(alias_generator=to_camel, validate_by_name=True)

    would_send: bool
    changes: tuple[PlannedChange, ...]
    warnings: tuple[SpecWarning, ...]
    request: PlannedRequest

    def wire(self) -> dict[str, Any]:
        """Return the JSON object to answer, not masked yet."""
        return self.model_dump(mode="json", by_alias=True)
