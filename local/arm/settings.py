"""What can be set while the emulator runs, and what it is seeded with at the start."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, TypeAdapter, ValidationError

from shared.adf.names import INTEGRATION_RUNTIME, LINKED_SERVICE, FactoryId

_OBJECT = TypeAdapter(dict[str, JsonValue])


class Settings(BaseModel):
    """How the emulator behaves; times are in seconds."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    sync_style: Literal["accepted", "async-operation", "location"] = "accepted"
    import_seconds: float = Field(0.2, ge=0, le=3600)
    provisioning_seconds: float = Field(0.5, ge=0, le=3600)
    throttle: bool = True
    token_seconds: int = Field(3600, ge=1, le=86400)
    retry_after: int = Field(1, ge=0, le=600)
    page_size: int = Field(100, ge=1, le=1000)
    fabric_quota: int = Field(200, ge=0, le=100_000)
    fabric_role: Literal["Viewer", "Contributor", "Admin"] = "Contributor"
    fabric_status: str = ""
    fabric_while_stopped: Literal["accept", "conflict"] = "accept"
    fabric_long_running: bool = True
    fabric_page_size: int = Field(100, ge=1, le=1000)
    fabric_largest_file: int = Field(2 * 1024 * 1024, ge=1)
    fabric_missing_get: Literal[404, 500] = 404
    fabric_missing_delete: Literal[404, 500] = 404
    fabric_list_paths: Literal["absolute", "relative"] = "absolute"
    fabric_list_folders: bool = False
    fabric_list_key: Literal["value", "files"] = "value"
    airflow_version: str = Field("2.10.5", pattern=r"^[23]\.\d{1,3}\.\d{1,3}$")
    parse_seconds: float = Field(2, ge=0, le=3600)

    def changed(self, patch: JsonValue) -> "Settings":
        """Return a copy with some settings changed; raise ValueError, which says what was expected."""
        try:
            return Settings.model_validate(self.model_dump() | _OBJECT.validate_python(patch))
        except ValidationError as error:
            raise ValueError(explained("the settings", error)) from error


@dataclass(frozen=True, slots=True)
class Seed:
    """The one factory, environment and linked service that exist from the beginning."""

    factory: FactoryId
    environment: str
    linked_service: str

    @classmethod
    def of(cls, values: Mapping[str, str]) -> "Seed":
        """Read the names that local.settings.sample.json uses; raise ValueError where one is missing or not legal."""
        missing = [
            name for name in ("RELAY_FACTORY", "RELAY_ENVIRONMENT", "RELAY_LINKED_SERVICE") if name not in values
        ]
        if missing:
            raise ValueError(f"expected a value for {', '.join(missing)}")
        return cls(
            factory=FactoryId.parse(values["RELAY_FACTORY"]),
            environment=INTEGRATION_RUNTIME.check(values["RELAY_ENVIRONMENT"]),
            linked_service=LINKED_SERVICE.check(values["RELAY_LINKED_SERVICE"]),
        )


def explained(subject: str, error: ValidationError) -> str:
    """Put what pydantic found into one sentence."""
    found = "; ".join(
        f"{'.'.join(map(str, fault['loc'])) or 'value'}: {fault['msg'][0].lower()}{fault['msg'][1:]}"
        for fault in error.errors(include_url=False)
    )
    return f"{subject} cannot be used: {found}"
