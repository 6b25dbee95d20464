"""What the command line says in one line and ends with."""


class LocalError(Exception):
    """The local stack cannot do what it was asked; the message is for the person at the terminal."""
