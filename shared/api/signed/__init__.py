"""Who sent a request, and whether it came before."""
