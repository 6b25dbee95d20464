"""Static checks of DAG files: what Airflow would not take, said before it is too late.

Nothing of a file is executed or imported, and nothing is read here: the contents come in one by one, are reduced to
outlines, and findings go out. docs/dag-checks.md is for the engineer who meets a finding.
"""

from collections.abc import Iterable

from shared.folder.checks.findings import LARGEST_FILE, TOO_LARGE, Finding, Unread
from shared.folder.checks.surroundings import (
    UNKNOWN,
    Runtime,
    Surroundings,
    is_context,
    requirements_text,
    to_check,
)

__all__ = [
    "LARGEST_FILE",
    "TOO_LARGE",
    "UNKNOWN",
    "Finding",
    "Runtime",
    "Surroundings",
    "Unread",
    "check_files",
    "is_context",
    "requirements_text",
    "to_check",
]


def check_files(files: Iterable[tuple[str, bytes | Unread]], around: Surroundings | None = None) -> list[Finding]:
    """Check files by their path below the folder; return findings by file and line.

    The files are taken one at a time, and no content is kept. Only what is given is compared: a `dag_id` that an
    unchanged file has as well is not seen.
    """
    from shared.folder.checks.check import check

    return check(files, around or Surroundings())
