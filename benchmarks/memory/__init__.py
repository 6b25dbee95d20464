"""What the worker's process holds after many bursts."""
