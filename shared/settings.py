"""The settings, read once from the environment: all of them are right, or the app has no triggers."""

from collections.abc import Callable, Mapping
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
from shared.route_settings import (
    SHARED_BY_ROUTES,
    SINGLE_ROUTE,
    TARGETS,
    AnyRoute,
    FabricRouteSettings,
    RouteSettings,
    parse_routes,
)
from shared.routes_blob import routes_in_blob
from shared.storage.connections import HOST_STORAGE
from shared.storage.names import StorageNames, storage_names
from shared.targets.fabric_service import ENDPOINT, SCOPE, fabric_service
from shared.triggers.schedule import parse_ncrontab
from shared.webhooks.secrets import WebhookSecret, parse_webhook_secrets
from shared.webhooks.standard import Secret, parse_secrets

if TYPE_CHECKING:
    from shared.sync.decide import Policy

_ROUTES, _ROUTES_BLOB = "RELAY_ROUTES", "RELAY_ROUTES_BLOB"
_LISTS = (_ROUTES, _ROUTES_BLOB)
_APP_NAME = r"^[a-z0-9]+(?:-[a-z0-9]+)*$"

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


def read_settings(environ: Mapping[str, str], read_blob: Callable[[str], str] = routes_in_blob) -> Settings:
    """Return the settings in `environ`; raise SettingsError with every problem, a line each, if any is wrong.

    An empty value counts as not set, as the portal leaves them. A `RELAY_*` name that is not known is a problem: it is
    most likely a misspelt one, whose default would silently apply. `read_blob` returns what RELAY_ROUTES_BLOB names.
    """
    given = {name: value for name, value in environ.items() if _is_ours(name) and value.strip()}
    single = {key: given.pop(name) for key, name in SINGLE_ROUTE.items() if name in given}
    source = next((name for name in _LISTS if name in given), None)
    problems = [*_contradictions(source, single), *_fetch(given, read_blob)]
    is_unread = source == _ROUTES_BLOB and _ROUTES not in given
    values: dict[str, Any] = {**given, _ROUTES: parse_routes(given.get(_ROUTES), single)}
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        found = (each for each in error.errors() if not (is_unread and each["loc"][:1] == (_ROUTES,)))
        problems += [_sentence(problem, source) for problem in found]
    else:
        problems += _missing_connections(settings, environ) + _own_container(settings, source or SINGLE_ROUTE["folder"])
        problems += _unsigned(settings) + _airflow(settings)
    if problems:
        raise SettingsError(*problems)
    return settings


def _fetch(given: dict[str, str], read_blob: Callable[[str], str]) -> list[str]:
    """Put the list that a blob holds in the place of RELAY_ROUTES; return what keeps it from being read."""
    place = given.pop(_ROUTES_BLOB, None)
    if place is None:
        return []
    if _ROUTES in given:
        return [f"{_ROUTES_BLOB}: {_ROUTES} has the routes, so this must not be set; use one of the two"]
    try:
        given[_ROUTES] = read_blob(place)
    except SettingsError as error:
        return list(error.problems)
    return []


def _is_ours(name: str) -> bool:
    return name.startswith("RELAY_") or name in _OF_THE_PLATFORM


def _contradictions(source: str | None, single: Mapping[str, str]) -> list[str]:
    return [
        f"{SINGLE_ROUTE[key]}: {source} describes all routes, so this must not be set"
        for key in single
        if source and key not in SHARED_BY_ROUTES
    ]


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


def _own_container(settings: Settings, source: str) -> list[str]:
    own = settings.storage_names.container
    return [
        f"{source}: route {route.name} imports from the container {own}, which holds the app's own state"
        for route in settings.route_settings
        if route.folder.container == own
    ]


def _sentence(problem: Any, source: str | None) -> str:  # noqa: ANN401 - pydantic's ErrorDetails
    """Return a problem with the setting that it is in; `source` is the one with the list of routes, if there is one."""
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
    if where[0] == _ROUTES and source is None:
        return f"{SINGLE_ROUTE.get(where[-1], where[-1])}: {message}"
    if where[0] == _ROUTES:
        where[0] = str(source)
    return f"{'.'.join(where)}: {message}"
