"""`If-Match` and `If-None-Match` of a request (RFC 9110, 13), held against the ETag that Data Factory shows."""

import re
from dataclasses import dataclass
from typing import Self

import azure.functions as func

from shared.api.problem import Problem
from shared.arm.factory import etag_of
from shared.rest.answers import RestAnswer

# An ETag, quoted or as Data Factory writes it, or `*`, or a list of them.
_CONDITION = re.compile(r"[\x20-\x7e]{1,1024}")
_ONE_QUOTED = re.compile(r'(?:W/)?"([^",]+)"')


@dataclass(frozen=True, slots=True)
class Conditions:
    """The two headers as they came, None where a request has none."""

    if_match: str | None = None
    if_none_match: str | None = None

    @classmethod
    def of(cls, request: func.HttpRequest) -> Self:
        """Return the conditions of a request; raise a Problem (400) for one that is malformed."""
        return cls(_condition_in(request, "If-Match"), _condition_in(request, "If-None-Match"))

    def __bool__(self) -> bool:
        return (self.if_match, self.if_none_match) != (None, None)

    @property
    def headers(self) -> dict[str, str]:
        """The headers to send to Data Factory, which shows its ETags without quotes and knows them so.

        A proxy that compresses an answer makes its ETag a weak one.
        """
        conditions = {"If-Match": self.if_match, "If-None-Match": self.if_none_match}
        return {name: _ONE_QUOTED.sub(r"\1", etag) for name, etag in conditions.items() if etag is not None}

    def check(self, etag: str | None) -> None:
        """Raise a Problem (412) unless they hold for a version, as `version_of` returns it."""
        if self.if_match is not None and not _fits(self.if_match, etag):
            is_there = etag is not None
            found = (
                "the environment has another ETag than If-Match asks for"
                if is_there
                else "there is no such environment"
            )
            raise Problem("PreconditionFailed", found)
        if self.if_none_match is not None and _fits(self.if_none_match, etag):
            raise Problem("PreconditionFailed", "the environment exists with an ETag that If-None-Match excludes")

    def is_unmodified(self, etag: str | None) -> bool:
        """Whether a reader has this version already (304); raise a Problem (412) if `If-Match` does not hold."""
        Conditions(if_match=self.if_match).check(etag)
        return self.if_none_match is not None and _fits(self.if_none_match, etag)


def version_of(environment: RestAnswer | None) -> str | None:
    """Return what conditions are held against: None where nothing is there, and empty where it shows no ETag."""
    return None if environment is None else etag_of(environment) or ""


def _condition_in(request: func.HttpRequest, header: str) -> str | None:
    condition: str | None = request.headers.get(header)
    if condition is not None and not _CONDITION.fullmatch(condition):
        raise Problem("InvalidCondition", f"expected {header} to be `*` or an ETag")
    return condition


def _fits(condition: str, etag: str | None) -> bool:
    """Whether a condition names the ETag; quotes and weakness do not count, as Data Factory has neither."""
    if etag is None:
        return False
    listed = {part.strip().removeprefix("W/").strip('"') for part in condition.split(",")}
    return not listed.isdisjoint({"*", etag.removeprefix("W/").strip('"')} - {""})
