"""Checks of a folder that a test writes down."""

from collections.abc import Mapping

from shared.folder.checks import Finding, Runtime, Surroundings, Unread, check_files, is_context, to_check

# What Data Factory has, with nothing installed on top.
DATA_FACTORY = Runtime(python="3.8", airflow="2.6.3", requirements=())
FABRIC = Runtime(python="3.12", airflow="2.10.5", requirements=())
AIRFLOW_3 = Runtime(python="3.11", airflow="3.3.2", requirements=())


def check(
    files: Mapping[str, bytes | Unread], runtime: Runtime | None = None, requirements: str | None = ""
) -> list[Finding]:
    """Check all files of a folder, with its ignore files around them."""
    around = Surroundings(
        names=frozenset(files),
        ignore_files={
            name: content if isinstance(content, bytes) else None for name, content in files.items() if is_context(name)
        },
        requirements=requirements,
        runtime=runtime or Runtime(),
    )
    return check_files(((name, content) for name, content in sorted(files.items()) if to_check(name)), around)


def reasons(
    files: Mapping[str, bytes | Unread], runtime: Runtime | None = None, requirements: str | None = ""
) -> list[tuple[str, bool]]:
    """Return the reasons of the findings, each with whether it blocks."""
    return [(finding.reason, finding.blocking) for finding in check(files, runtime, requirements)]
