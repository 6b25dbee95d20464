"""The spec of an Airflow environment (Microsoft's REST page, "Create a new environment").

The models check what that page describes and let every other key through: real payloads hold many keys that it leaves
out, and ADF decides about those. What is sent is the caller's own JSON with the documented spellings, never a
re-serialised model.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag, model_validator

from shared.adf.secrets import SECRET_MAPS
from shared.exact_json import Number

_DIGITS = "^[0-9]{1,18}$"
_GIT_SERVICES = {name.lower(): name for name in ("GitHub", "ADO", "GitLab", "BitBucket")}


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="allow", strict=True, defer_build=True)


def _in_any_case(word: str) -> str:
    return "".join(f"[{letter.upper()}{letter.lower()}]" for letter in word)


def _git_service(value: object) -> object:
    """Accept any case: the tables of Microsoft's REST page write GitHub, its samples Github."""
    return _GIT_SERVICES.get(value.lower(), value) if isinstance(value, str) else value


def _whole_number(value: object) -> object:
    """Accept "2" for 2, since ADF answers numbers as strings where a template gave it strings, and 2.0 as JSON does."""
    if isinstance(value, Number):
        value = float(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return int(value) if isinstance(value, str) and re.fullmatch(_DIGITS, value) else value


# Three asterisks or more are what is shown in a secret's place, and refused as one (shared.adf.masking).
_SecretText = Annotated[str, Field(json_schema_extra={"not": {"pattern": r"^\*{3,}$"}})]

_Count = Annotated[int, Field(ge=0)]
_CountAsText = Annotated[str, Field(pattern=_DIGITS)]
WholeNumber = Annotated[_Count, BeforeValidator(_whole_number, json_schema_input_type=_Count | _CountAsText)]

_GitServiceInAnyCase = Annotated[str, Field(pattern=f"^({'|'.join(map(_in_any_case, _GIT_SERVICES))})$")]
GitService = Annotated[
    Literal["GitHub", "ADO", "GitLab", "BitBucket"],
    BeforeValidator(_git_service, json_schema_input_type=_GitServiceInAnyCase),
]


# How requirements are read. Pydantic puts this into the path of an error, where it is no key of the body.
READINGS = frozenset({"as a list", "as a text"})


def _reading(value: object) -> str:
    return "as a list" if isinstance(value, list) else "as a text"


_Requirements = Annotated[
    Annotated[list[str], Tag("as a list")] | Annotated[str, Tag("as a text")], Discriminator(_reading)
]


class ComputeProperties(_Section):
    """The nodes that Airflow runs on; each extra node adds three workers."""

    location: str | None = None
    computeSize: str | None = None  # noqa: N815 - the wire's spelling, so that an error names the caller's key
    extraNodes: WholeNumber | None = None  # noqa: N815


class GitSyncProperties(_Section):
    """Where Airflow pulls its DAGs from when it does not import them from Blob Storage."""

    gitServiceType: GitService  # noqa: N815
    gitCredentialType: Literal["PAT", "SPN", "None"] | None = None  # noqa: N815
    repo: str
    branch: str | None = None
    username: str | None = None
    credential: _SecretText | None = None
    tenantId: str | None = None  # noqa: N815


class AirflowProperties(_Section):
    """Airflow itself: version, libraries, variables, login."""

    airflowVersion: str | None = None  # noqa: N815
    airflowRequirements: _Requirements | None = None  # noqa: N815
    airflowEnvironmentVariables: dict[str, _SecretText] | None = None  # noqa: N815
    gitSyncProperties: GitSyncProperties | None = None  # noqa: N815
    enableAADIntegration: bool | None = None  # noqa: N815
    userName: str | None = None  # noqa: N815
    password: _SecretText | None = None


class TypeProperties(_Section):
    """Compute and Airflow, the two halves of an environment."""

    computeProperties: ComputeProperties = Field(default_factory=ComputeProperties)  # noqa: N815
    airflowProperties: AirflowProperties = Field(default_factory=AirflowProperties)  # noqa: N815


class Properties(_Section):
    """The integration runtime's properties; only the type Airflow is ours."""

    type: Literal["Airflow"]
    typeProperties: TypeProperties  # noqa: N815


class EnvironmentSpec(_Section):
    """A spec as a caller sends it. `name` may be left out; where it is given it has to be the name in the path."""

    name: str | None = None
    properties: Properties

    @model_validator(mode="before")
    @classmethod
    def _documented_spellings(cls, body: object) -> object:
        return normalised(body) if isinstance(body, dict) else body


def folded(key: str) -> str:
    """Return a key as Data Factory compares it: without regard to the case of ASCII letters."""
    return key.lower() if key.isascii() else key


def normalised(section: Mapping[str, Any], model: type[BaseModel] = EnvironmentSpec) -> dict[str, Any]:
    """Return the body with its documented keys as they are documented, `Type` as `type`; all others stay.

    Data Factory takes any case, and so the REST page's second spellings too.
    """
    known = {folded(name): (name, _section_in(field.annotation)) for name, field in model.model_fields.items()}
    result = {}
    for key, member in section.items():
        name, below = known.get(folded(key), (key, None))
        result[name] = normalised(member, below) if below and isinstance(member, dict) else member
    return result


def _section_in(annotation: Any) -> type[BaseModel] | None:  # noqa: ANN401 - any annotation of a field
    """Return the model in an annotation like `Section | None`, or None."""
    choices = (annotation, *get_args(annotation))
    return next((each for each in choices if isinstance(each, type) and issubclass(each, _Section)), None)


def twins_in(body: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """Yield the paths of keys that differ in case only from one before them: Data Factory would get both.

    Names of environment variables differ in case rightly.
    """
    todo: list[tuple[tuple[str, ...], Any]] = [((), body)]
    while todo:
        path, value = todo.pop()
        if isinstance(value, Mapping):
            variables = bool(path) and path[-1].lower() in SECRET_MAPS
            seen: set[str] = set()
            for key, member in value.items():
                if not variables and folded(key) in seen:
                    yield (*path, key)
                seen.add(folded(key))
                todo.append(((*path, key), member))
        elif isinstance(value, list):
            todo += (((*path, str(position)), item) for position, item in enumerate(value))


def is_airflow(resource: object) -> bool:
    """Whether an integration runtime, as Data Factory shows it, is an Airflow environment."""
    properties = resource.get("properties") if isinstance(resource, dict) else None
    kind = properties.get("type") if isinstance(properties, dict) else None
    return isinstance(kind, str) and kind.lower() == "airflow"


_TYPES = ("properties", "typeproperties")
_COMPUTE = (*_TYPES, "computeproperties")
_AIRFLOW = (*_TYPES, "airflowproperties")

# The service's own; a caller who sends back what was shown does not mean them.
_ALWAYS = frozenset({("id",), ("name",), ("type",), ("etag",), ("properties", "state"), (*_AIRFLOW, "airflowweburl")})
# These are filled in where a spec says nothing. The version of an environment cannot change at all.
_FILLED_IN = frozenset(
    {
        (*_COMPUTE, "location"),
        (*_AIRFLOW, "airflowversion"),
        (*_AIRFLOW, "pythonversion"),
        (*_AIRFLOW, "packageproviderpath"),
    }
)
_FILLED_IN_WITH_FALSE = frozenset({(*_COMPUTE, "enableautoscale"), (*_AIRFLOW, "enabletriggerers")})


def is_nothing(value: Any) -> bool:  # noqa: ANN401 - any JSON value
    """Whether a value asks for nothing: null (as in the REST page's sample), an empty list or an empty object."""
    return value is None or value in ([], {})


def is_made_by_service(path: tuple[str, ...], shown: Any, asked: Any) -> bool:  # noqa: ANN401
    """Whether the difference of the two values at a path, if there is one, is none that the caller asks for."""
    folded = tuple(key.lower() for key in path)
    if folded in _ALWAYS:
        return True
    if not is_nothing(asked):
        return False
    return folded in _FILLED_IN or (folded in _FILLED_IN_WITH_FALSE and shown is False)


def without_server_made(shown: Mapping[str, Any], path: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return an environment as it is shown, without what only the service can set."""
    deepest = len(path) >= max(map(len, _ALWAYS))
    return {
        key: without_server_made(member, (*path, key.lower()))
        if isinstance(member, Mapping) and not deepest
        else member
        for key, member in shown.items()
        if (*path, key.lower()) not in _ALWAYS
    }
