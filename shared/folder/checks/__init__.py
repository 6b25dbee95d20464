"""Static checks of DAG files: what Airflow would not take, said before it is too late.

Nothing of a file is executed or imported, and nothing is read here: the contents come in one by one, are reduced to
outlines, and findings go out. docs/dag-checks.md is for the engineer who meets a finding.
"""

from shared.folder.checks.check import check_files, is_context, to_check
from shared.folder.checks.findings import LARGEST_FILE, TOO_LARGE, Finding, Unread
from shared.folder.checks.surroundings import UNKNOWN, Runtime, Surroundings

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
    "to_check",
]
