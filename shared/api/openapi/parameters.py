"""Parameters and headers: parts of a path, of the query, of requests and answers."""

from typing import get_args

from shared.adf.names import FACTORY, INTEGRATION_RUNTIME, RESOURCE_GROUP, SUBSCRIPTION, NameRule
from shared.api.environments.writes import UNCHANGED
from shared.api.openapi.operation import Header, Json, Parameter
from shared.api.response import HEADER, LONGEST_BYTES
from shared.api.routes.syncs import LONGEST_PAGE, PAGE
from shared.api.routes.waiting import LONGEST_WAIT
from shared.api.signed.deliveries import REPLAYED
from shared.arm.clouds import API_VERSION
from shared.route_settings import ROUTE_NAME
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
        Parameter("factoryName", "path", "A factory that the settings list.", name_schema(FACTORY), "example-adf"),
    )
}

FACTORY_IN_QUERY = Parameter(
    "factory",
    "query",
    "Name or ARM id of a factory that the settings list, in any case; default: the first route's.",
    {"type": "string", "minLength": 1},
)
ARM_VERSION = Parameter(
    "api-version",
    "query",
    "ARM's version of Data Factory's API.",
    {"type": "string", "enum": [API_VERSION]},
    API_VERSION,
    required=True,
)
DRY_RUN = Parameter("dryRun", "query", "Only read from ARM, and answer what would change.", _FLAG)
IF_CHANGED = Parameter("ifChanged", "query", "Send the spec only if that changes something.", _FLAG)
IF_MATCH = Parameter("If-Match", "header", "`*` or ETags, of which the environment has to have one.", _CONDITION)
IF_NONE_MATCH = Parameter("If-None-Match", "header", "`*` or ETags, of which it must have none.", _CONDITION)
CONDITIONS = (IF_MATCH, IF_NONE_MATCH)
OPERATION = Parameter(
    "operation", "query", "The operation, as `Location` has it; without it, `state` tells.", {"type": "string"}
)

FORCE = Parameter("force", "query", "Sync even if the folder is unchanged, empty or held.", _FLAG)
VERIFY = Parameter(
    "verify",
    "query",
    "Read the files back that a Fabric job holds, and send again what differs from the folder.",
    {"type": "string", "enum": ["content"]},
)
LIMIT = Parameter(
    "limit",
    "query",
    "How many attempts to show.",
    {"type": "integer", "minimum": 1, "maximum": LONGEST_PAGE, "default": PAGE},
)
AFTER = Parameter("after", "query", "Only attempts older than the one with this id.", {"type": "string"})
OUTCOME = Parameter(
    "outcome", "query", "Only attempts with this outcome.", {"type": "string", "enum": list(get_args(Outcome))}
)
SINCE = Parameter("since", "query", "Only attempts that began then or later.", _MOMENT, "2026-01-31T09:30:00Z")
UNTIL = Parameter("until", "query", "Only attempts that began before.", _MOMENT, "2026-01-31T09:30:00Z")
WAIT = Parameter(
    "wait",
    "query",
    "Seconds to wait for the end of the sync.",
    {"type": "integer", "minimum": 0, "maximum": LONGEST_WAIT, "default": 0},
)
DRY_RUN_OF_SYNC = Parameter("dryRun", "query", "Answer what would be done, without doing it.", _FLAG)


_TEXT = {"type": "string"}

LOCATION = Header("Location", "URL of the sync record.", _TEXT, always=True)
LOCATION_OF_ENVIRONMENT = Header("Location", "Path of the environment, unless it was a dry run.", _TEXT)
LOCATION_TO_FOLLOW = Header("Location", "The URL that tells the progress.", _TEXT, always=True)

FROM_ARM = (
    Header("ETag", "The version of the environment.", _TEXT),
    Header("Retry-After", "ARM's, where it sends one.", _TEXT),
    Header("x-ms-request-id", "The id for Azure's support.", _TEXT),
    Header("x-ms-correlation-request-id", "ARM's own id of the request.", _TEXT),
)
WARNINGS = Header(
    HEADER,
    f"Likely mistakes in the spec: a JSON list of `path` and `message` in at most {LONGEST_BYTES} bytes.",
    {"type": "string", "maxLength": LONGEST_BYTES},
)
UNCHANGED_HEADER = Header(
    UNCHANGED, "Nothing was sent, since nothing would change.", {"type": "string", "enum": ["true"]}
)
REPLAYED_HEADER = Header(
    REPLAYED,
    "The same signed delivery came before: this is its first answer, and nothing was done again.",
    {"type": "string", "enum": ["true"]},
)
