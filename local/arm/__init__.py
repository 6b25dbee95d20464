"""A stand-in for Azure Resource Manager and Data Factory on the loopback address. It is an emulator and never Azure.

What it covers, and where each behaviour comes from (Microsoft's REST page, other documents, our choice), is in
docs/emulator.md.
"""
