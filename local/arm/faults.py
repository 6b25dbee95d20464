"""Scripted faults: what goes wrong, with which requests, how often."""

from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError, model_validator

from local.arm.exchange import Answer
from local.arm.settings import explained

_Seconds = Annotated[float, Field(ge=0, le=600)]
# A token of RFC 9110; with anything else no answer can be sent.
_HeaderName = Annotated[str, Field(pattern=r"^[-!#$%&'*+.^_`|~0-9A-Za-z]+$")]
_HeaderValue = Annotated[str, Field(pattern=r"^[^\r\n\x00]*$")]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", coerce_numbers_to_str=True)

    @model_validator(mode="before")
    @classmethod
    def _null_is_not_given(cls, given: JsonValue) -> JsonValue:
        """Leave out keys that are null, except `times`, where null says something."""
        if not isinstance(given, dict):
            return given
        return {key: value for key, value in given.items() if value is not None or key == "times"}


class Match(_Part):
    """Which requests are meant; what is not given fits all."""

    method: str | None = None
    path_contains: str | None = None

    def fits(self, method: str, path: str) -> bool:
        """Compare without regard to case, as ARM compares paths."""
        return (self.method is None or self.method.upper() == method.upper()) and (
            self.path_contains is None or self.path_contains.lower() in path.lower()
        )


class Fault(_Part):
    """What goes wrong: the answer itself (`status`, `headers`, `body`) or the way to it (the rest).

    With a `status` or `body` the request is not acted on. Without, the emulator acts and answers as usual and `headers`
    are added. `reset` ends the connection before or after the request was acted on.
    """

    status: int | None = Field(None, ge=200, le=599)
    headers: dict[_HeaderName, _HeaderValue] = Field(default_factory=dict)
    body: JsonValue = None
    delay_s: _Seconds = 0
    slow_body_s: _Seconds = 0
    truncate_body_at: int | None = Field(None, ge=0)
    reset: Literal["before", "after"] | None = None

    def scripted(self) -> Answer | None:
        """Return the answer that the script gives in place of the emulator's, if it gives one."""
        if self.status is None and self.body is None:
            return None
        return Answer(self.status or 200, self.body, self.headers)


NO_FAULT = Fault()


class Script(_Part):
    """A fault for the next `times` requests that match; `times` null is for ever."""

    match: Match = Match()
    times: int | None = Field(1, ge=1)
    answer: Fault


def scripts_from(body: JsonValue) -> list[Script]:
    """Read one script or a list of them; raise ValueError, which says what was expected."""
    many = body if isinstance(body, list) else [body]
    try:
        return [Script.model_validate(one) for one in many]
    except ValidationError as error:
        raise ValueError(explained("the script", error)) from error


@dataclass(slots=True)
class FaultScripts:
    """The scripts that are left, in the order in which they were given."""

    pending: list[Script] = field(default_factory=list)

    def take(self, method: str, path: str) -> Fault:
        """Use up one time of the first script that fits."""
        for place, script in enumerate(self.pending):
            if script.match.fits(method, path):
                self._use(place, script)
                return script.answer
        return NO_FAULT

    def _use(self, place: int, script: Script) -> None:
        if script.times == 1:
            del self.pending[place]
        elif script.times is not None:
            self.pending[place] = script.model_copy(update={"times": script.times - 1})
