"""Telling people, in a chat or a program of theirs, what became of their uploads."""
