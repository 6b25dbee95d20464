"""The headers of answers."""

from shared.api.deliveries import REPLAYED
from shared.api.environment_writes import UNCHANGED
from shared.api.openapi.operation import Header
from shared.api.warnings_header import HEADER, LONGEST_BYTES

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
