"""The engine: from a change in a folder to a sync, and what is remembered of it."""
