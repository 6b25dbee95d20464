"""Names of Fabric: an Apache Airflow job's place, and how a route's files go there."""

import re
from dataclasses import dataclass, field
from typing import Literal

_GUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def guid(text: str) -> str:
    """Return a GUID as it is; raise ValueError, which shows the form expected, for anything else."""
    if not _GUID.fullmatch(text):
        raise ValueError("expected a GUID like 11111111-2222-3333-4444-555555555555, as it is in the job's address")
    return text


@dataclass(frozen=True, slots=True)
class FabricJob:
    """An Apache Airflow job of a workspace; two ids that differ in case only are one."""

    workspace: str = field(compare=False)
    job: str = field(compare=False)
    key: str = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Check the ids, so that they can go into a URL."""
        guid(self.workspace)
        guid(self.job)
        object.__setattr__(self, "key", f"/fabric{self}".lower())

    @property
    def name(self) -> str:
        """What people are shown in its place; only Fabric knows its display name."""
        return f"Fabric job {self.job}"

    @property
    def segments(self) -> tuple[str, ...]:
        """The parts of its path, for a URL."""
        return ("workspaces", self.workspace, "apacheAirflowJobs", self.job)

    def __str__(self) -> str:
        return "/" + "/".join(self.segments)


@dataclass(frozen=True, slots=True)
class PushOptions:
    """What the operator decided: whether requirements are deployed or only reported, and deletions carried out."""

    requirements: Literal["report", "deploy"] = "report"
    deletes: Literal["carry", "report"] = "carry"

    def wire(self) -> dict[str, object]:
        """Return the options as they are shown."""
        return {"requirements": self.requirements, "deletes": self.deletes}
