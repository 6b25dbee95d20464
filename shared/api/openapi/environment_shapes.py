"""Schemas of `/api/environments` that are not models of the app itself."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from shared.adf.names import INTEGRATION_RUNTIME
from shared.adf.spec import EnvironmentSpec


class NamedSpec(EnvironmentSpec):
    """A spec with the name of its environment."""

    name: Annotated[
        str,
        Field(
            pattern=f"^{INTEGRATION_RUNTIME.pattern}$",
            min_length=INTEGRATION_RUNTIME.shortest,
            max_length=INTEGRATION_RUNTIME.longest,
        ),
    ]


class _AsArmShows(BaseModel):
    model_config = ConfigDict(extra="allow")


class EnvironmentProperties(_AsArmShows):
    """The properties; ARM adds more."""

    type: str
    state: str | None = None


class Environment(_AsArmShows):
    """An environment as ARM shows it, with passwords, Git credentials and the values of variables masked."""

    id: str
    name: str
    type: str
    etag: str | None = None
    properties: EnvironmentProperties


class MergePatch(BaseModel):
    """The members of an environment to change, as a JSON merge patch (RFC 7396)."""

    model_config = ConfigDict(extra="allow")


class EnvironmentList(BaseModel):
    """All environments, always on one page."""

    value: list[Environment]
    nextLink: None = None  # noqa: N815 - the wire's spelling


class StatusProperties(BaseModel):
    """The state, and where the environment is."""

    type: str
    dataFactoryName: str  # noqa: N815 - the wire's spelling, as below
    state: str | None
    typeProperties: dict[str, Any]  # noqa: N815


class EnvironmentStatus(BaseModel):
    """The state of an environment, in the shape of ARM's `getStatus`."""

    name: str
    properties: StatusProperties
