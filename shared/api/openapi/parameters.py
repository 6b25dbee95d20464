"""What callers may say beside a body: parts of a path, of the query, headers."""

from typing import get_args

from shared.adf.names import FACTORY as FACTORY_NAME
from shared.adf.names import INTEGRATION_RUNTIME, RESOURCE_GROUP, SUBSCRIPTION, NameRule
from shared.api.environments.writes import UNCHANGED
from shared.api.openapi.operation import Header, Json, Parameter
from shared.api.response import HEADER, LONGEST_BYTES
from shared.api.routes.syncs import LONGEST_PAGE, PAGE
from shared.api.routes.waiting import LONGEST_WAIT
from shared.api.signed.deliveries import REPLAYED
from shared.arm.clouds import API_VERSION
from shared.settings import ROUTE_NAME
from shared.sync.history import SYNC_ID, Outcome

# No empty part, no `.` and no `..` (shared.folder.path).
_PATH_PART = r"(?!\.{1,2}(/|$))[^/]+"
_FLAG: Json = {"type": "boolean", "default": False}
_MOMENT: Json = {"type": "string", "format": "date-time"}
_CONDITION: Json = {"type": "string", "pattern": r"^[\x20-\x7e]{1,1024}$"}


def name_schema(rule: NameRule) -> Json:
    """Return a rule for names as JSON Schema."""
    return {"type": "string", "pattern": f"^{rule.pattern}$", "minLength": rule.shortest, "maxLength": rule.longest}


IN_PATH = {
    parameter.name: parameter
    for parameter in (
        Parameter("name", "path", "Name of the environment.", name_schema(INTEGRATION_RUNTIME), "sample-2"),
        Parameter(
            "route", "path", "Name of the route in the settings.", {"type": "string", "pattern": ROUTE_NAME}, "default"
        ),
        Parameter(
            "id",
            "path",
            "Id of an attempt to sync, from the answer to a sync or from the history.",
            {"type": "string", "pattern": SYNC_ID},
            "98232764234567-0a1b2c3d",
        ),
        Parameter(
            "path",
            "path",
            "The file's path in the folder, or its name below the container.",
            {"type": "string", "pattern": f"^{_PATH_PART}(/{_PATH_PART})*$"},
            "dags/sales.py",
        ),
        Parameter(
            "subscriptionId",
            "path",
            "The subscription.",
            name_schema(SUBSCRIPTION),
            "12345678-1234-1234-1234-123456789012",
        ),
        Parameter("resourceGroupName", "path", "The resource group.", name_schema(RESOURCE_GROUP), "example-rg"),
        Parameter("factoryName", "path", "A factory that the settings list.", name_schema(FACTORY_NAME), "example-adf"),
    )
}

FACTORY = Parameter(
    "factory",
    "query",
    "Name or ARM id of a factory that the settings list, in any case; without it the first route's.",
    {"type": "string", "minLength": 1},
)
ARM_VERSION = Parameter(
    "api-version",
    "query",
    "ARM's, as its clients send it.",
    {"type": "string", "enum": [API_VERSION]},
    API_VERSION,
    required=True,
)
DRY_RUN = Parameter("dryRun", "query", "Send nothing to ARM but a GET, and answer what would change.", _FLAG)
IF_CHANGED = Parameter("ifChanged", "query", "Send the spec only if it changes something.", _FLAG)
IF_MATCH = Parameter("If-Match", "header", "`*` or ETags; ARM decides.", _CONDITION)
IF_NONE_MATCH = Parameter("If-None-Match", "header", "`*` or ETags; ARM decides.", _CONDITION)

FORCE = Parameter("force", "query", "Also sync an unchanged, an emptied and a held folder.", _FLAG)
LIMIT = Parameter(
    "limit",
    "query",
    "How many attempts to show.",
    {"type": "integer", "minimum": 1, "maximum": LONGEST_PAGE, "default": PAGE},
)
AFTER = Parameter(
    "after", "query", "Go on after the attempt of this id: `after` of the page before.", {"type": "string"}
)
OUTCOME = Parameter(
    "outcome", "query", "Only attempts that ended so.", {"type": "string", "enum": list(get_args(Outcome))}
)
SINCE = Parameter("since", "query", "Only attempts that began then or later.", _MOMENT, "2026-01-31T09:30:00Z")
UNTIL = Parameter("until", "query", "Only attempts that began before.", _MOMENT, "2026-01-31T09:30:00Z")
WAIT = Parameter(
    "wait",
    "query",
    "How many seconds to wait for its end.",
    {"type": "integer", "minimum": 0, "maximum": LONGEST_WAIT, "default": 0},
)
DRY_RUN_OF_SYNC = Parameter("dryRun", "query", "Do nothing, and answer what would be done.", _FLAG)


_TEXT = {"type": "string"}

LOCATION = Header("Location", "Path of the record-to-be.", _TEXT, always=True)
LOCATION_OF_ENVIRONMENT = Header("Location", "Path of the environment, unless it was a dry run.", _TEXT)
LOCATION_TO_FOLLOW = Header("Location", "Where a GET tells whether it is done.", _TEXT, always=True)

FROM_ARM = (
    Header("ETag", "ARM's, where it sends one.", _TEXT),
    Header("Retry-After", "ARM's, where it sends one.", _TEXT),
    Header("x-ms-request-id", "What Azure's support asks for.", _TEXT),
    Header("x-ms-correlation-request-id", "ARM's own id of the request.", _TEXT),
)
WARNINGS = Header(
    HEADER,
    f"What is most likely a mistake: a JSON list of `path` and `message` in at most {LONGEST_BYTES} bytes.",
    {"type": "string", "maxLength": LONGEST_BYTES},
)
UNCHANGED_HEADER = Header(
    UNCHANGED, "Nothing was sent, because nothing would change.", {"type": "string", "enum": ["true"]}
)
REPLAYED_HEADER = Header(
    REPLAYED,
    "The same signed delivery came before: this is what it was answered, and nothing was done.",
    {"type": "string", "enum": ["true"]},
)
