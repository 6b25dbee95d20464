"""A small Event Grid for the local stack: it watches Azurite's containers and tells the app's webhooks what changed."""
