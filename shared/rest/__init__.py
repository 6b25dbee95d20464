"""The retrying caller of Azure's REST APIs: retries, limits, tokens, transport, answers, error bodies."""
