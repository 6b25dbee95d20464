"""The HTTP side: what a webhook or a pipeline may ask."""
