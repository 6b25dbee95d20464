"""The checks against what real Airflows make of the DAG folders in tests/cases/dag_checks."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.folder.checks import Finding, Runtime
from tests.cases.dag_checks.cases import Case, airflows, load
from tests.unit.dag_files import check

DOCS = Path(__file__).parents[2] / "docs" / "dag-checks.md"
CASES = load()
RUNTIMES = [Runtime(one["python"], one["airflow"], ()) for one in airflows()]

# What does not say that Airflow fails on the file, or gets no DAG from it.
HINTS = frozenset({"DuplicateDagId", "NotUtf8", "NewerThanRelay", "FileTooLarge", "EncodingNotRead", "TooDeeplyNested"})
# What an import error leaves of a DAG file, and what is left where the DAG is lost.
ERROR, DAGS = "e", "d"


def judged(case: Case, at: int) -> Iterator[tuple[str, str, list[Finding]]]:
    """Yield each file of a case: its name, the letter of one of the Airflows, and the findings for that one."""
    findings = check(case.files, RUNTIMES[at], case.requirements)
    for name, letters in case.verdicts.items():
        yield name, letters[at], [finding for finding in findings if finding.file == name]


@pytest.mark.parametrize("at", range(len(RUNTIMES)), ids=[f"{one.airflow} on {one.python}" for one in RUNTIMES])
@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_no_finding_blocks_where_airflow_has_no_error(case: Case, at: int) -> None:
    false = [
        finding
        for _, letter, findings in judged(case, at)
        if letter != ERROR
        for finding in findings
        if finding.blocking
    ]
    assert false == []


@pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="the table is that of a relay on Python 3.11")
def test_the_table_in_the_documentation_is_what_the_cases_give() -> None:
    table = "\n".join([HEAD, *(row(at) for at in range(len(RUNTIMES)))])
    assert table in DOCS.read_text(encoding="utf-8"), f"docs/dag-checks.md should have:\n{table}"


HEAD = (
    "| Airflow | import errors | caught | of these blocking | missed | lost DAGs | caught "
    "| false alarms, blocking | false warnings |\n|---|---|---|---|---|---|---|---|---|"
)


def row(at: int) -> str:
    """Return the row of an Airflow: how its files and the findings about them go together."""
    files = [
        (letter, name in case.lost, telling(findings), any(finding.blocking for finding in findings))
        for case in CASES
        for name, letter, findings in judged(case, at)
    ]
    errors = [(told, blocks) for letter, _, told, blocks in files if letter == ERROR]
    lost = [told for letter, is_lost, told, _ in files if is_lost and letter != ERROR]
    fine = [(told, blocks) for letter, is_lost, told, blocks in files if letter == DAGS and not is_lost]
    others = [blocks for letter, *_, blocks in files if letter != ERROR]
    caught = [blocks for told, blocks in errors if told]
    numbers = (
        len(errors),
        len(caught),
        sum(caught),
        len(errors) - len(caught),
        len(lost),
        sum(lost),
        sum(others),
        sum(told for told, _ in fine),
    )
    runtime = RUNTIMES[at]
    return f"| {runtime.airflow} on Python {runtime.python} | {' | '.join(map(str, numbers))} |"


def telling(findings: list[Finding]) -> bool:
    """Whether one of the findings says that Airflow fails on the file, or gets no DAG from it."""
    return any(finding.reason not in HINTS for finding in findings)
