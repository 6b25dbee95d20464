"""Notifications: what became of the uploads, as a message for a chat or a program."""
