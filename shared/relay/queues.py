"""The queues of the app, in the host's storage. A message names a route and says nothing more."""

WAKE_UPS = "dag-relay-wake-ups"
NOTIFICATIONS = "dag-relay-notifications"
