"""How a command ends: its exit code, and the errors that lead to one."""

from enum import IntEnum


class Exit(IntEnum):
    """The exit codes of all commands, documented in docs/command-line.md."""

    OK = 0
    NOT_OK = 1
    NO_ANSWER = 2
    TIMED_OUT = 3
    INTERRUPTED = 130
    READER_GONE = 141


class CommandError(Exception):
    """The command could not do what it was asked for; the message is for the person at the terminal."""


class NotFoundError(CommandError):
    """The app has nothing of this name, or not yet."""


class UnreachableError(CommandError):
    """The app did not answer, or could not for now; asking again may help."""
