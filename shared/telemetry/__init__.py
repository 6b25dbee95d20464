"""What the app tells about itself: log fields, traces, metrics. It imports nothing of the rest of the app."""
