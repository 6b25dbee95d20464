"""Where a folder goes: the port that the engine knows, and what stands behind it."""
