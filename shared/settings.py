"""The settings, read once from the environment: all of them are right, or the app has no triggers."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    InstanceOf,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from shared.adf.names import FactoryId
from shared.airflow.address import DEFAULT_SCOPE, configured_address
from shared.arm.clouds import CLOUDS, arm_service
from shared.errors import SettingsError
from shared.rest.urls import Service, check_encrypted, is_loopback
from shared.route import Route
from shared.route_settings import HOST_STORAGE, TARGETS, AnyRoute, FabricRouteSettings, RouteSettings, target_of
from shared.storage.names import StorageNames, storage_names
from shared.targets.fabric_service import ENDPOINT, SCOPE, fabric_service
from shared.triggers.schedule import parse_ncrontab
from shared.webhooks.secrets import WebhookSecret, parse_webhook_secrets
from shared.webhooks.standard import Secret, parse_secrets

if TYPE_CHECKING:
    from shared.sync.decide import Policy

_APP_NAME = r"^[a-z0-9]+(?:-[a-z0-9]+)*$"

# The variables that describe the one route named `default`, by the key that the same thing has in RELAY_ROUTES.
_SINGLE_ROUTE = {
    "factory": "RELAY_FACTORY",
    "environment": "RELAY_ENVIRONMENT",
    "linked_service": "RELAY_LINKED_SERVICE",
    "folder": "RELAY_FOLDER",
    "connection": "RELAY_CONNECTION",
}
_OF_THE_PLATFORM = frozenset(
    {
        "AZURE_CLOUD",
        "ARM_ENDPOINT",
        "ARM_SCOPE",
        "FABRIC_ENDPOINT",
        "FABRIC_SCOPE",
        "WEBSITE_HOSTNAME",
        "WEBSITE_SITE_NAME",
        "WEBSITE_SLOT_NAME",
    }
)
_SHARED_BY_ROUTES = ("factory", "connection")


class Settings(BaseModel):
    """What the operator decided. The first route's factory is the one that the environment API works on by default."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    route_settings: Annotated[tuple[AnyRoute, ...], Field(alias="RELAY_ROUTES")]
    quiet_seconds: Annotated[float, Field(alias="RELAY_QUIET_SECONDS", gt=0, le=600)] = 5
    longest_wait_seconds: Annotated[float, Field(alias="RELAY_LONGEST_WAIT_SECONDS", gt=0, le=3600)] = 60
    sweep_schedule: Annotated[str, Field(alias="RELAY_SWEEP_SCHEDULE")] = "0 */5 * * * *"
    settle_seconds: Annotated[float, Field(alias="RELAY_SETTLE_SECONDS", ge=0, le=3600)] = 5
    lease_seconds: Annotated[float, Field(alias="RELAY_LEASE_SECONDS", ge=10, le=280)] = 180
    operation_timeout_seconds: Annotated[float, Field(alias="RELAY_OPERATION_TIMEOUT_SECONDS", ge=60, le=86400)] = 1800
    dag_checks: Annotated[Literal["off", "warn", "block"], Field(alias="RELAY_DAG_CHECKS")] = "warn"
    record_days: Annotated[float, Field(alias="RELAY_RECORD_DAYS", gt=0, le=10_000)] = 90
    records_per_route: Annotated[int, Field(alias="RELAY_RECORDS_PER_ROUTE", ge=1, le=10_000)] = 1000
    blob_source: Annotated[Literal["polling", "eventgrid"], Field(alias="RELAY_BLOB_SOURCE")] = "polling"
    webhook_secrets: Annotated[
        tuple[InstanceOf[WebhookSecret], ...],
        BeforeValidator(parse_webhook_secrets),
        Field(alias="RELAY_WEBHOOK_SECRETS", repr=False, exclude=True),
    ] = ()
    unsigned_requests: Annotated[Literal["allow", "refuse"], Field(alias="RELAY_UNSIGNED_REQUESTS")] = "allow"
    cloud_name: Annotated[Literal["AzureCloud", "AzureUSGovernment", "AzureChinaCloud"], Field(alias="AZURE_CLOUD")] = (
        "AzureCloud"
    )
    arm_endpoint: Annotated[str | None, Field(alias="ARM_ENDPOINT")] = None
    trust_environment: Annotated[bool, Field(alias="RELAY_TRUST_ENVIRONMENT")] = False
    trust_proxy: Annotated[bool, Field(alias="RELAY_TRUST_PROXY")] = False
    arm_scope: Annotated[str | None, Field(alias="ARM_SCOPE")] = None
    fabric_endpoint: Annotated[str, Field(alias="FABRIC_ENDPOINT")] = ENDPOINT
    fabric_scope: Annotated[str, Field(alias="FABRIC_SCOPE")] = SCOPE
    notification_url: Annotated[SecretStr | None, Field(alias="RELAY_NOTIFICATION_URL")] = None
    notification_format: Annotated[Literal["standard", "slack", "teams"], Field(alias="RELAY_NOTIFICATION_FORMAT")] = (
        "standard"
    )
    notification_secrets: Annotated[
        tuple[InstanceOf[Secret], ...],
        BeforeValidator(parse_secrets),
        Field(alias="RELAY_NOTIFICATION_SECRET", repr=False, exclude=True),
    ] = ()
    airflow_api: Annotated[Literal["off", "entra", "basic"], Field(alias="RELAY_AIRFLOW_API")] = "off"
    airflow_url: Annotated[str | None, Field(alias="RELAY_AIRFLOW_URL")] = None
    airflow_scope: Annotated[str, Field(alias="RELAY_AIRFLOW_SCOPE")] = DEFAULT_SCOPE
    airflow_user: Annotated[str, Field(alias="RELAY_AIRFLOW_USER")] = ""
    airflow_password: Annotated[SecretStr, Field(alias="RELAY_AIRFLOW_PASSWORD")] = SecretStr("")
    airflow_deadline_seconds: Annotated[float, Field(alias="RELAY_AIRFLOW_DEADLINE_SECONDS", ge=10, le=3600)] = 900
    host_name: Annotated[str | None, Field(alias="WEBSITE_HOSTNAME")] = None
    site_name: Annotated[str | None, Field(alias="WEBSITE_SITE_NAME")] = None
    slot_name: Annotated[str | None, Field(alias="WEBSITE_SLOT_NAME")] = None
    app_name: Annotated[str | None, Field(alias="RELAY_APP_NAME", pattern=_APP_NAME, max_length=32)] = None

    @field_validator("route_settings")
    @classmethod
    def _names_differ(cls, routes: tuple[AnyRoute, ...]) -> tuple[AnyRoute, ...]:
        if len({route.name for route in routes}) < max(1, len(routes)):
            raise ValueError("expected at least one route, and a name of its own for each")
        jobs = [route.job.lower() for route in routes if isinstance(route, FabricRouteSettings)]
        if len(set(jobs)) < len(jobs):
            raise ValueError("expected one route for each Fabric job: what one sends, another one would delete")
        return routes

    @field_validator("sweep_schedule")
    @classmethod
    def _is_taken_by_the_host(cls, schedule: str) -> str:
        parse_ncrontab(schedule)
        return schedule

    @field_validator("longest_wait_seconds")
    @classmethod
    def _no_shorter_than_quiet(cls, seconds: float, others: ValidationInfo) -> float:
        if seconds < others.data.get("quiet_seconds", 0):
            raise ValueError("expected at least RELAY_QUIET_SECONDS")
        return seconds

    @field_validator("unsigned_requests")
    @classmethod
    def _can_be_signed(cls, unsigned: str, others: ValidationInfo) -> str:
        if unsigned == "refuse" and others.data.get("webhook_secrets") == ():
            raise ValueError("expected RELAY_WEBHOOK_SECRETS too, or every request would be refused")
        return unsigned

    @field_validator("arm_endpoint")
    @classmethod
    def _safe_for_a_token(cls, endpoint: str) -> str:
        return arm_service(endpoint.rstrip("/"), scope="").endpoint

    @field_validator("fabric_endpoint")
    @classmethod
    def _safe_for_a_token_of_fabric(cls, endpoint: str) -> str:
        return fabric_service(endpoint, scope="").endpoint

    @field_validator("airflow_url")
    @classmethod
    def _safe_for_a_login(cls, url: str) -> str:
        configured_address(url)
        return url

    @field_validator("notification_url")
    @classmethod
    def _safe_for_a_secret(cls, url: SecretStr) -> SecretStr:
        check_encrypted(url.get_secret_value())
        return url

    @property
    def origin(self) -> str:
        """The app's own address, like `https://host`; empty where the platform does not say it."""
        if not self.host_name:
            return ""
        scheme = "http" if is_loopback(urlsplit(f"//{self.host_name}").hostname) else "https"
        return f"{scheme}://{self.host_name}"

    @property
    def storage_names(self) -> StorageNames:
        """What the app's documents and queues are called."""
        return storage_names(self.site_name, self.slot_name, self.app_name)

    @property
    def routes(self) -> tuple[Route, ...]:
        """The routes, in the operator's order."""
        return tuple(route.route() for route in self.route_settings)

    @property
    def factories(self) -> tuple[FactoryId, ...]:
        """The factories of all routes, each once, in the operator's order."""
        return tuple(dict.fromkeys(route.factory for route in self.route_settings if isinstance(route, RouteSettings)))

    @property
    def policy(self) -> "Policy":
        """How patient the engine is."""
        from shared.sync.decide import Policy

        return Policy(
            quiet=timedelta(seconds=self.quiet_seconds),
            longest_wait=timedelta(seconds=self.longest_wait_seconds),
            settle=timedelta(seconds=self.settle_seconds),
            operation_timeout=timedelta(seconds=self.operation_timeout_seconds),
            lease=timedelta(seconds=self.lease_seconds),
            dag_checks=self.dag_checks,
            ask_airflow=None if self.airflow_api == "off" else timedelta(seconds=self.airflow_deadline_seconds),
            expects_events=self.blob_source == "eventgrid",
        )

    @property
    def cloud(self) -> Service:
        """The cloud by name, with an endpoint or scope of the operator's own where one is set."""
        named = CLOUDS[self.cloud_name]
        return arm_service(self.arm_endpoint or named.endpoint, self.arm_scope or named.scope)

    @property
    def fabric(self) -> Service:
        """Fabric, at its public address unless the operator set another one."""
        return fabric_service(self.fabric_endpoint, self.fabric_scope)


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Return the settings in `environ`; raise SettingsError with every problem, a line each, if any is wrong.

    An empty value counts as not set, as the portal leaves them. A `RELAY_*` name that is not known is a problem: it is
    most likely a misspelt one, whose default would silently apply.
    """
    given = {name: value for name, value in environ.items() if _is_ours(name) and value.strip()}
    single = {key: given.pop(name) for key, name in _SINGLE_ROUTE.items() if name in given}
    problems = _contradictions(single) if "RELAY_ROUTES" in given else []
    values: dict[str, Any] = {**given, "RELAY_ROUTES": _routes(given.get("RELAY_ROUTES"), single)}
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        problems += [_sentence(problem, single_route="RELAY_ROUTES" not in given) for problem in error.errors()]
    else:
        problems += _missing_connections(settings, environ) + _own_container(settings)
        problems += _unsigned(settings) + _airflow(settings)
    if problems:
        raise SettingsError(*problems)
    return settings


def _is_ours(name: str) -> bool:
    return name.startswith("RELAY_") or name in _OF_THE_PLATFORM


def _contradictions(single: Mapping[str, str]) -> list[str]:
    return [
        f"{_SINGLE_ROUTE[key]}: RELAY_ROUTES describes all routes, so this must not be set"
        for key in single
        if key not in _SHARED_BY_ROUTES
    ]


def _routes(text: str | None, single: Mapping[str, str]) -> object:
    """Return the routes for the model to check; it also refuses what is not a JSON list."""
    if text is None:
        return [{"name": "default", **single}]
    try:
        routes = json.loads(text)
    except (ValueError, RecursionError):
        return text
    if not isinstance(routes, list):
        return routes
    return [_shared(route, single) | route if isinstance(route, dict) else route for route in routes]


def _shared(route: Mapping[str, Any], single: Mapping[str, str]) -> dict[str, str]:
    """Return what a route does not say itself; only those of Data Factory have a factory."""
    keys = ("connection",) if target_of(route) == "fabric" else _SHARED_BY_ROUTES
    return {key: single[key] for key in keys if key in single}


def _missing_connections(settings: Settings, environ: Mapping[str, str]) -> list[str]:
    connections = {HOST_STORAGE} | {route.connection for route in settings.route_settings}
    return [
        f"{name}: expected a connection string, or {name}__blobServiceUri for an identity-based connection"
        for name in sorted(connections)
        if not any(variable == name or variable.startswith(f"{name}__") for variable in environ)
    ]


def _unsigned(settings: Settings) -> list[str]:
    if settings.notification_url and settings.notification_format == "standard" and not settings.notification_secrets:
        return ["RELAY_NOTIFICATION_SECRET: has to be set for notifications in the format standard, which is signed"]
    return []


def _airflow(settings: Settings) -> list[str]:
    problems = []
    if settings.airflow_api == "basic" and not (settings.airflow_user and settings.airflow_password.get_secret_value()):
        problems.append("RELAY_AIRFLOW_API: basic needs RELAY_AIRFLOW_USER and RELAY_AIRFLOW_PASSWORD")
    if settings.airflow_url and len({route.environment for route in settings.routes if not route.is_pushed}) > 1:
        problems.append("RELAY_AIRFLOW_URL: names one Airflow, but the routes have several environments")
    return problems


def _own_container(settings: Settings) -> list[str]:
    own = settings.storage_names.container
    return [
        f"RELAY_ROUTES: route {route.name} imports from the container {own}, which holds the app's own state"
        for route in settings.route_settings
        if route.folder.container == own
    ]


def _sentence(problem: Any, *, single_route: bool) -> str:  # noqa: ANN401 - pydantic's ErrorDetails
    where: list[str] = [str(part) for part in problem["loc"] if part not in TARGETS]
    message = problem["msg"].removeprefix("Value error, ")
    if not where:
        return str(message)
    if problem["type"] == "extra_forbidden" and len(where) == 1:
        message = "there is no such setting"
    if problem["type"] == "missing":
        message = "has to be set"
    if problem["type"] == "union_tag_invalid":
        message = f"expected the target to be one of: {', '.join(TARGETS)}"
    if problem["type"] == "tuple_type":
        message = "expected a JSON list of routes"
    if single_route and where[0] == "RELAY_ROUTES":
        return f"{_SINGLE_ROUTE.get(where[-1], where[-1])}: {message}"
    return f"{'.'.join(where)}: {message}"
