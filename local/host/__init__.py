"""The stand-in for the Functions host: one process that runs a Python function app against a storage emulator."""
