"""One id for all calls of ARM that belong together; ARM logs it, and passes it on to Data Factory.

Source: ARM's resource provider contract, "x-ms-correlation-request-id"; Terraform's provider sends one of its own too.
"""

import uuid

from shared.telemetry.fields import bound_value
from shared.telemetry.tracing import current

_SYNCS = uuid.UUID("6e1f0d3c-6f43-4b8a-9a3e-0c5f4c1d7b52")


def correlation_id() -> str | None:
    """Return the GUID of the sync that is going on, the same in every process, else of the trace, or None."""
    if sync_id := bound_value("sync_id"):
        return str(uuid.uuid5(_SYNCS, sync_id))
    trace = current()
    return str(uuid.UUID(hex=trace.trace_id)) if trace else None
