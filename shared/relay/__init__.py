"""From a change to a sync: events are hints, storage is the truth."""
