"""Schemas of `/api/environments` that are not models of the app itself, and examples."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from shared.adf.names import INTEGRATION_RUNTIME
from shared.adf.spec import EnvironmentSpec
from shared.api.openapi.operation import Json


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


class _AsArmSays(BaseModel):
    model_config = ConfigDict(extra="allow")


class EnvironmentProperties(_AsArmSays):
    """The properties; ARM adds more."""

    type: str
    state: str | None = None


class Environment(_AsArmSays):
    """An environment as ARM shows it, with passwords, Git credentials and the values of variables masked."""

    id: str
    name: str
    type: str
    etag: str | None = None
    properties: EnvironmentProperties


class EnvironmentList(BaseModel):
    """All environments, always on one page."""

    value: list[Environment]
    nextLink: None = None  # noqa: N815 - the wire's spelling


SPEC: Json = {
    "properties": {
        "type": "Airflow",
        "typeProperties": {
            "computeProperties": {"location": "East US", "computeSize": "Small", "extraNodes": 0},
            "airflowProperties": {
                "airflowVersion": "2.4.3",
                "airflowRequirements": ["apache-airflow-providers-microsoft-azure==6.1.2"],
                "enableAADIntegration": True,
            },
        },
    }
}
NAMED_SPEC: Json = {"name": "sample-2", **SPEC}
MERGE_PATCH: Json = {"properties": {"typeProperties": {"computeProperties": {"extraNodes": 2}}}}
