"""The settings, read once from the environment: all of them are right, or the app has no triggers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from shared.adf.names import FactoryId
from shared.airflow.address import DEFAULT_SCOPE, configured_address
from shared.arm.clouds import CLOUDS, arm_service
from shared.errors import SettingsError
from shared.rest.urls import Service, check_encrypted, is_loopback
from shared.route import Route
from shared.route_settings import (
    SHARED_BY_ROUTES,
    SINGLE_ROUTE,
    AnyRoute,
    RouteSettings,
    parse_routes,
    read_routes,
)
from shared.routes_blob import routes_in_blob
from shared.setting_values import (
    SecretText,
    ValuesError,
    Wrong,
    number,
    one_of,
    read,
    secret,
    setting,
    text,
    text_as,
    text_like,
    true_or_false,
    whole_number,
)
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
_APP_NAME = r"(?=.{1,32}$)[a-z0-9]+(?:-[a-z0-9]+)*"
_APP_NAME_WORDS = "1 to 32 characters of a-z, 0-9 and -, where each - stands between two others"

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


def _schedule(cron: str) -> str:
    parse_ncrontab(cron)
    return cron


def _arm_endpoint(endpoint: str) -> str:
    return arm_service(endpoint.rstrip("/"), scope="").endpoint


def _fabric_endpoint(endpoint: str) -> str:
    return fabric_service(endpoint, scope="").endpoint


def _airflow_url(url: str) -> str:
    configured_address(url)
    return url


def _receiver_url(url: str) -> SecretText:
    check_encrypted(url)
    return SecretText(url)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the operator decided. The first route's factory is the one that the environment API works on by default."""

    route_settings: tuple[AnyRoute, ...] = setting(read_routes, name="RELAY_ROUTES")
    quiet_seconds: float = setting(number(above=0, most=600), 5.0, name="RELAY_QUIET_SECONDS")
    longest_wait_seconds: float = setting(number(above=0, most=3600), 60.0, name="RELAY_LONGEST_WAIT_SECONDS")
    sweep_schedule: str = setting(text_as(_schedule), "0 */5 * * * *", name="RELAY_SWEEP_SCHEDULE")
    settle_seconds: float = setting(number(least=0, most=3600), 5.0, name="RELAY_SETTLE_SECONDS")
    lease_seconds: float = setting(number(least=10, most=280), 180.0, name="RELAY_LEASE_SECONDS")
    operation_timeout_seconds: float = setting(
        number(least=60, most=86_400), 1800.0, name="RELAY_OPERATION_TIMEOUT_SECONDS"
    )
    dag_checks: Literal["off", "warn", "block"] = setting(
        one_of("off", "warn", "block"), "warn", name="RELAY_DAG_CHECKS"
    )
    record_days: float = setting(number(above=0, most=10_000), 90.0, name="RELAY_RECORD_DAYS")
    records_per_route: int = setting(whole_number(least=1, most=10_000), 1000, name="RELAY_RECORDS_PER_ROUTE")
    blob_source: Literal["polling", "eventgrid"] = setting(
        one_of("polling", "eventgrid"), "polling", name="RELAY_BLOB_SOURCE"
    )
    webhook_secrets: tuple[WebhookSecret, ...] = setting(
        text_as(parse_webhook_secrets), (), name="RELAY_WEBHOOK_SECRETS", shown=False
    )
    unsigned_requests: Literal["allow", "refuse"] = setting(
        one_of("allow", "refuse"), "allow", name="RELAY_UNSIGNED_REQUESTS"
    )
    cloud_name: str = setting(one_of(*CLOUDS), "AzureCloud", name="AZURE_CLOUD")
    arm_endpoint: str | None = setting(text_as(_arm_endpoint), None, name="ARM_ENDPOINT")
    trust_environment: bool = setting(true_or_false, default=False, name="RELAY_TRUST_ENVIRONMENT")
    trust_proxy: bool = setting(true_or_false, default=False, name="RELAY_TRUST_PROXY")
    arm_scope: str | None = setting(text, None, name="ARM_SCOPE")
    fabric_endpoint: str = setting(text_as(_fabric_endpoint), ENDPOINT, name="FABRIC_ENDPOINT")
    fabric_scope: str = setting(text, SCOPE, name="FABRIC_SCOPE")
    notification_url: SecretText | None = setting(text_as(_receiver_url), None, name="RELAY_NOTIFICATION_URL")
    notification_format: Literal["standard", "slack", "teams"] = setting(
        one_of("standard", "slack", "teams"), "standard", name="RELAY_NOTIFICATION_FORMAT"
    )
    notification_secrets: tuple[Secret, ...] = setting(
        text_as(parse_secrets), (), name="RELAY_NOTIFICATION_SECRET", shown=False
    )
    airflow_api: Literal["off", "entra", "basic"] = setting(
        one_of("off", "entra", "basic"), "off", name="RELAY_AIRFLOW_API"
    )
    airflow_url: str | None = setting(text_as(_airflow_url), None, name="RELAY_AIRFLOW_URL")
    airflow_scope: str = setting(text, DEFAULT_SCOPE, name="RELAY_AIRFLOW_SCOPE")
    airflow_user: str = setting(text, "", name="RELAY_AIRFLOW_USER")
    airflow_password: SecretText = setting(secret, SecretText(""), name="RELAY_AIRFLOW_PASSWORD")
    airflow_deadline_seconds: float = setting(number(least=10, most=3600), 900.0, name="RELAY_AIRFLOW_DEADLINE_SECONDS")
    host_name: str | None = setting(text, None, name="WEBSITE_HOSTNAME")
    site_name: str | None = setting(text, None, name="WEBSITE_SITE_NAME")
    slot_name: str | None = setting(text, None, name="WEBSITE_SLOT_NAME")
    app_name: str | None = setting(text_like(_APP_NAME, _APP_NAME_WORDS), None, name="RELAY_APP_NAME")

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
        settings = read(Settings, values, "there is no such setting")
    except ValuesError as error:
        wrong = (each for each in error.wrong if not (is_unread and each.path[0] == _ROUTES))
        problems += [_sentence(each, source) for each in wrong]
    else:
        problems += _missing_connections(settings, environ) + _own_container(settings, source or SINGLE_ROUTE["folder"])
        problems += _patience(settings) + _unsigned(settings) + _airflow(settings)
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


def _patience(settings: Settings) -> list[str]:
    if settings.longest_wait_seconds < settings.quiet_seconds:
        return ["RELAY_LONGEST_WAIT_SECONDS: expected at least RELAY_QUIET_SECONDS"]
    return []


def _unsigned(settings: Settings) -> list[str]:
    if settings.unsigned_requests == "refuse" and not settings.webhook_secrets:
        return ["RELAY_UNSIGNED_REQUESTS: expected RELAY_WEBHOOK_SECRETS too, or every request would be refused"]
    if settings.notification_url and settings.notification_format == "standard" and not settings.notification_secrets:
        return ["RELAY_NOTIFICATION_SECRET: has to be set for notifications in the format standard, which is signed"]
    return []


def _airflow(settings: Settings) -> list[str]:
    problems = []
    if settings.airflow_api == "basic" and not (settings.airflow_user and settings.airflow_password.reveal()):
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


def _sentence(wrong: Wrong, source: str | None) -> str:
    """Return what is wrong with the setting that it is in; `source` is the one with the list of routes, if any."""
    variable, *inside = wrong.path
    if variable == _ROUTES and source is None:
        return f"{SINGLE_ROUTE.get(wrong.path[-1], wrong.path[-1])}: {wrong.message}"
    where = (str(source) if variable == _ROUTES else variable, *inside)
    return f"{'.'.join(where)}: {wrong.message}"
