"""What the command line says in one line and ends with."""


class LocalError(Exception):
    """A command cannot do what it was asked; the message is for the person at the terminal."""

    exit_code = 1
