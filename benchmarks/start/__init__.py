"""What starting the app costs."""
