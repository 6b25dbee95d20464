"""The app's own storage: connections, documents that many processes change, queues."""
