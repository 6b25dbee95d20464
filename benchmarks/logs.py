"""Where the output of what a benchmark starts goes: nobody wants to see it, unless something went wrong."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TextIO, cast


@contextmanager
def log_of(what: str) -> Iterator[TextIO]:
    """Open a log file for the block; it is deleted at the block's end, and kept and named if the block fails."""
    with NamedTemporaryFile("w", prefix=f"dag-relay-{what}-", suffix=".log", delete=False) as log:
        try:
            yield cast("TextIO", log)
        except BaseException:
            sys.stderr.write(f"the log of {what} is kept: {log.name}\n")
            raise
    Path(log.name).unlink()
