"""The deployment package: what `func azure functionapp publish` sends, byte code added, the same bytes each time."""
