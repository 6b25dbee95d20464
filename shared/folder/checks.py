"""Static checks of DAG files: what Airflow would not take, said before the sync instead of never.

Nothing of a file is executed or imported, and nothing is read here: contents come in, findings go out.
docs/dag-checks.md is for the engineer who meets a finding.
"""

from collections.abc import Mapping
from itertools import chain
from pathlib import PurePosixPath

from shared.folder.checks_outline import Outline, outline
from shared.folder.checks_rules import (
    CheckedFile,
    Finding,
    duplicate_ids,
    faults,
    files_without_dags,
    invalid_ids,
    is_imported,
    uncalled_dags,
)
from shared.folder.checks_source import Fault, read_source

__all__ = ["LARGEST_FILE", "Finding", "check_files", "to_check"]

# In bytes. DAG files are a few kilobytes; what is larger is mostly data.
LARGEST_FILE = 1024 * 1024


def to_check(name_below_folder: str) -> bool:
    """Whether Airflow would read this file of the manifest as Python, be it a DAG file or a plugin.

    The ending counts in lower case only, for Airflow compares it as it is (airflow.utils.file.find_dag_file_paths,
    airflow.plugins_manager.load_plugins_from_plugin_directory). Zip files are not looked into.
    """
    return PurePosixPath(name_below_folder).suffix == ".py"


def check_files(contents: Mapping[str, bytes | None]) -> list[Finding]:
    """Check files by their path below the folder, None for one above `LARGEST_FILE`; findings by file and line.

    Only what is given is compared: a `dag_id` that an unchanged file has as well is not seen.
    """
    files = [_read(name, content) for name, content in sorted(contents.items())]
    dag_files = [file for file in files if not file.is_plugin]
    expected = [file for file in dag_files if not is_imported(file, files)]
    findings = chain(
        chain.from_iterable(map(faults, files)),
        chain.from_iterable(map(invalid_ids, dag_files)),
        duplicate_ids(dag_files),
        chain.from_iterable(map(uncalled_dags, expected)),
        chain.from_iterable(map(files_without_dags, expected)),
    )
    return sorted(findings, key=lambda finding: (finding.file, finding.line or 0))


def _read(name: str, content: bytes | None) -> CheckedFile:
    if content is None or len(content) > LARGEST_FILE:
        message = f"The file is larger than {LARGEST_FILE} bytes and was not read; keep data out of DAG files."
        return CheckedFile(name, None, Fault(None, "FileTooLarge", message, fatal=False), Outline())
    source = read_source(content)
    return CheckedFile(name, content, source.fault, outline(source.tree) if source.tree else Outline())
