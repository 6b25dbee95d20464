"""The table: every scenario, for both hosts."""

from tests.conformance.blobs import BLOBS
from tests.conformance.lifecycle import LIFECYCLE
from tests.conformance.queues import QUEUES
from tests.conformance.requests_and_keys import REQUESTS_AND_KEYS
from tests.conformance.timers import TIMERS
from tests.conformance.webhooks import WEBHOOKS

SCENARIOS = (*REQUESTS_AND_KEYS, *QUEUES, *BLOBS, *WEBHOOKS, *TIMERS, *LIFECYCLE)
