"""Airflow environments as values: what was asked for, what the service adds, and how the state moves with time."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from pydantic import JsonValue

from local.arm.exchange import JsonObject

CREATING = ("Initial", "Starting", "Started")
STARTING = ("Starting", "Started")
STOPPING = ("Stopping", "Stopped")
FACTORY_REGION = "East US"
# What the service adds when the caller says nothing (the sample answer of Microsoft's REST page).
_COMPUTE_DEFAULTS: Mapping[str, JsonValue] = {"location": FACTORY_REGION}
_AIRFLOW_DEFAULTS: Mapping[str, JsonValue] = {"packageProviderPath": "plugins", "enableTriggerers": False}


@dataclass(frozen=True, slots=True)
class Course:
    """The states that an environment goes through, one `step` each; the last one stays."""

    began: datetime
    states: tuple[str, ...]
    step: timedelta = timedelta(0)

    @property
    def ends(self) -> datetime:
        """When the last state is reached."""
        return self.began + self.step * (len(self.states) - 1)

    def at(self, now: datetime) -> str:
        """Return the state at a time."""
        last = len(self.states) - 1
        passed = int((now - self.began) / self.step) if self.step else last
        return self.states[min(passed, last)]


@dataclass(frozen=True, slots=True)
class Description:
    """What a PUT asks for, without its secrets and without what only the service writes."""

    compute: JsonObject
    airflow: JsonObject
    other_types: JsonObject
    other: JsonObject
    login: tuple[str, str] | None = field(default=None, repr=False)
    """User and password of Airflow's pages; None where Entra ID logs people in."""

    @classmethod
    def of(cls, body: JsonObject) -> "Description":
        """Read the body of a PUT; raise ValueError, which says what was expected.

        Keys are compared without regard to case where they decide something (Microsoft's REST page writes `Type` and
        `type`, `Credential` and `credential`); all others are kept as they came.
        """
        other = _section(dict(body), "properties")
        kind = _take(other, "type")
        if kind != "Airflow":
            raise ValueError("expected 'properties.type' to be 'Airflow'")
        _take(other, "state")
        other_types = _section(other, "typeProperties")
        compute = _section(other_types, "computeProperties")
        airflow = _section(other_types, "airflowProperties")
        login = _login(airflow)
        return cls(compute, _without_secrets(airflow), other_types, other, login)

    @property
    def airflow_version(self) -> JsonValue:
        """The version asked for, None where the caller leaves it to the service."""
        return self.airflow.get("airflowVersion")


@dataclass(frozen=True, slots=True)
class Environment:
    """One environment as the factory keeps it."""

    name: str
    description: Description
    course: Course
    created: datetime
    etag: str

    @classmethod
    def new(cls, name: str, description: Description, course: Course) -> "Environment":
        """Make an environment that begins its course."""
        return cls(name, description, course, course.began, new_etag(course.began))

    def updated(self, description: Description, now: datetime) -> "Environment":
        """Replace what was asked for; the state stays."""
        return replace(self, description=description, etag=new_etag(now))

    def properties(self, now: datetime, web_url: str) -> JsonObject:
        """Return `properties` as the service shows them; `web_url` is where the environment's Airflow is."""
        server_made: JsonObject = {"pythonVersion": "3.8", "airflowWebUrl": web_url}
        return {
            "type": "Airflow",
            **self.description.other,
            "typeProperties": {
                **self.description.other_types,
                "computeProperties": {**_COMPUTE_DEFAULTS, **self.description.compute},
                "airflowProperties": {**_AIRFLOW_DEFAULTS, **self.description.airflow, **server_made},
            },
            "state": self.course.at(now),
        }


def new_etag(now: datetime) -> str:
    """Make an etag in Data Factory's form, unquoted: `3402279e-0000-0100-0000-64ecb1cb0000`."""
    return f"{secrets.token_hex(4)}-0000-0100-0000-{int(now.timestamp()):08x}0000"


def _login(airflow: JsonObject) -> tuple[str, str] | None:
    given = {key.lower(): value for key, value in airflow.items()}
    user, password = given.get("username"), given.get("password")
    return (user, password) if isinstance(user, str) and isinstance(password, str) else None


def _without_secrets(airflow: JsonObject) -> JsonObject:
    for secret in ("userName", "password"):
        _take(airflow, secret)
    if git := _section(airflow, "gitSyncProperties"):
        _take(git, "credential")
        airflow["gitSyncProperties"] = git
    return airflow


def _take(within: JsonObject, name: str) -> JsonValue:
    key = next((key for key in within if key.lower() == name.lower()), name)
    return within.pop(key, None)


def _section(within: JsonObject, name: str) -> JsonObject:
    found = _take(within, name)
    match found:
        case None:
            return {}
        case dict():
            return dict(found)
        case _:
            raise ValueError(f"expected '{name}' to be an object")
