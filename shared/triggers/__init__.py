"""What Azure's triggers bring: blobs, storage events, queue messages, the invocation itself."""
