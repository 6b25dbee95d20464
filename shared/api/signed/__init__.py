"""Signed requests: who sent one, and whether it came before."""
