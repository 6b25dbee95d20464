"""Asks a real Airflow about the cases, in whose Python this runs: `PYTHON judge.py`, in an empty AIRFLOW_HOME.

Prints JSON, case -> file -> letter, as the head of cases.yaml has them.
"""

from __future__ import annotations

import contextlib
import io
import json
import logging
import os
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "tests" / "cases" / "dag_checks"))
os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"
os.environ["AIRFLOW__CORE__UNIT_TEST_MODE"] = "False"

import cases
from airflow.utils.file import list_py_file_paths

try:
    from airflow.dag_processing.dagbag import DagBag
except ImportError:
    from airflow.models.dagbag import DagBag


def verdict(case: cases.Case) -> dict[str, str]:
    """Return the letters of a case's files."""
    with tempfile.TemporaryDirectory() as home:
        for name, content in case.files.items():
            path = Path(home, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        dags = Path(home, "dags")
        sys.path.append(str(dags))
        listed = list_py_file_paths(str(dags))
        return {name: letter(str(Path(home, name)), listed) for name in case.files if name.startswith("dags/")}


def letter(path: str, listed: list[str]) -> str:
    """Return the letter of a file; each file in a DagBag of its own."""
    if path not in listed:
        return "-"
    bag = DagBag(path)
    return "e" if bag.import_errors else "d" if bag.dags else "n"


def in_a_fork(case: cases.Case) -> dict[str, str]:
    """Judge a case in a process of its own, for its modules stay loaded."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            os.write(writer, json.dumps(verdict(case)).encode())
        os._exit(0)
    os.close(writer)
    os.waitpid(child, 0)
    with os.fdopen(reader, "rb") as answer:
        letters: dict[str, str] = json.loads(answer.read() or b"{}")
        return letters


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    with contextlib.redirect_stdout(io.StringIO()):
        in_advance = verdict(cases.load()[0])
    first, *others = cases.load()
    print(json.dumps({first.name: in_advance, **{case.name: in_a_fork(case) for case in others}}))
