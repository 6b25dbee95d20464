"""The command `dag-relay`: any deployment of the app, asked over its HTTP API. Never deployed itself."""
