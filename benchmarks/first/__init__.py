"""What the start of the app costs, and the first thing that it does."""
