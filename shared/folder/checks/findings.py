"""What the checks are given, and what they say."""

from dataclasses import dataclass

# In bytes. DAG files are a few kilobytes; what is larger is mostly data.
LARGEST_FILE = 1024 * 1024

UNREADABLE = "Unreadable"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something an engineer should know about a file before Airflow reads it.

    `file` is the path below the folder, `line` counts from 1, `reason` is one of the CamelCase words in
    docs/dag-checks.md. `blocking` is for what Airflow fails on in any case; all else is a warning.
    """

    file: str
    line: int | None
    reason: str
    message: str
    blocking: bool


@dataclass(frozen=True, slots=True)
class Unread:
    """Takes the place of a content that could not be read; `why` goes on after "The file" and says what to do.

    `reason` is that of the finding; only `Unreadable` blocks, for the rest is left out on purpose. `passing` is for a
    storage that may answer later.
    """

    why: str
    reason: str = UNREADABLE
    passing: bool = False


# What stands for the content of a file above `LARGEST_FILE`.
TOO_LARGE = Unread(f"is larger than {LARGEST_FILE} bytes and was not read; keep data out of DAG files.", "FileTooLarge")


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a file as a whole; `fatal` where Python's import fails on it."""

    line: int | None
    reason: str
    message: str
    fatal: bool
