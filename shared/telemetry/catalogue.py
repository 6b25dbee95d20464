"""The metrics by name: what each means is told once, here, and docs/telemetry.md has the same table for people."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric by its name for Prometheus; a series is one combination of `labels`, whose values are all bounded."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    labels: tuple[str, ...]
    meaning: str

    @property
    def instrument(self) -> str:
        """The name for OpenTelemetry, from which its exporter for Prometheus makes the other one again."""
        return self.name.removesuffix("_total").removesuffix("_seconds").replace("_", ".")

    @property
    def unit(self) -> str:
        """The unit for OpenTelemetry: seconds, or none."""
        return "s" if self.name.endswith("_seconds") else ""


SYNCS = Metric(
    "relay_syncs_total", "counter", ("route", "outcome"), "Attempts to sync that came to an end, as in the history."
)
SYNC_SECONDS = Metric(
    "relay_sync_seconds",
    "histogram",
    ("route",),
    "From the oldest change that a sync brought until ADF accepted it or, where that can be followed, was done.",
)
PENDING = Metric("relay_pending_seconds", "gauge", ("route",), "Age of the oldest change that is not synced yet.")
FAILURES = Metric("relay_failures_in_a_row", "gauge", ("route",), "Syncs that failed since the last good one.")
LAST_SYNC = Metric(
    "relay_last_sync_timestamp_seconds", "gauge", ("route",), "When the folder was listed that ADF took last."
)
SUSPENDED = Metric("relay_suspended", "gauge", ("route",), "1 while the route is suspended.")
HELD = Metric("relay_held", "gauge", ("route",), "1 while a change needs a decision by an operator.")
REMOVED = Metric("relay_removed_files", "gauge", ("route",), "Files that were removed here and that ADF keeps.")
IMPORT_ERRORS = Metric(
    "relay_import_errors", "gauge", ("route",), "Files that Airflow could not import; only where it is asked."
)
NOT_SEEN = Metric(
    "relay_not_seen_files", "gauge", ("route",), "Files of the last sync that Airflow had not seen by the deadline."
)
PARSED_SECONDS = Metric(
    "relay_parsed_seconds",
    "gauge",
    ("route",),
    "From the last upload of the last sync until Airflow had a verdict on all its files.",
)

UNANNOUNCED = Metric(
    "relay_unannounced_changes_total",
    "counter",
    ("route",),
    "Sweeps that found an upload of which no event told; only where Event Grid is to tell.",
)

NOTICES = Metric("relay_notices_total", "counter", ("result",), "Times that something may have changed.")
ARM_CALLS = Metric("relay_arm_calls_total", "counter", ("operation", "outcome"), "ARM calls, however many attempts.")
ARM_RETRIES = Metric("relay_arm_retries_total", "counter", ("reason",), "Further attempts of ARM calls.")
ARM_QUOTA = Metric(
    "relay_arm_remaining_quota", "gauge", ("kind",), "Requests left before ARM throttles, as it said last."
)
REQUESTS = Metric("relay_http_requests_total", "counter", ("endpoint", "status"), "Requests to the app that ended.")
IGNORED_MESSAGES = Metric("relay_ignored_messages_total", "counter", (), "Queue messages that named no known route.")

# These come from storage and are true whichever process answers.
OF_ROUTES = (
    SYNCS,
    SYNC_SECONDS,
    PENDING,
    FAILURES,
    LAST_SYNC,
    SUSPENDED,
    HELD,
    REMOVED,
    IMPORT_ERRORS,
    NOT_SEEN,
    PARSED_SECONDS,
    UNANNOUNCED,
)
# These only the process knows in which they happen, so that only OpenTelemetry can add them up.
OF_PROCESSES = (NOTICES, ARM_CALLS, ARM_RETRIES, ARM_QUOTA, REQUESTS, IGNORED_MESSAGES)
