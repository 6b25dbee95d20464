"""Reads the DAG folders in cases.yaml; on Python 3.8 too, for a judge that runs in an Airflow's environment."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any, NamedTuple

import yaml

CASES = Path(__file__).parent / "cases.yaml"

# What `%imports` stands for.
_IMPORTS = """\
from datetime import datetime
from airflow import DAG
from airflow.operators.empty import EmptyOperator
"""


class Case(NamedTuple):
    """A DAG folder. `verdicts` has a letter for each of the four Airflows and each file; see the head of cases.yaml."""

    name: str
    files: dict[str, bytes]
    verdicts: dict[str, str]
    lost: list[str]
    requirements: str


def load() -> list[Case]:
    """Return all cases."""
    return [
        _case(name, written) for name, written in yaml.safe_load(CASES.read_text(encoding="utf-8"))["cases"].items()
    ]


def airflows() -> list[dict[str, str]]:
    """Return the versions of Airflow and Python that the letters of a verdict stand for."""
    found: list[dict[str, str]] = yaml.safe_load(CASES.read_text(encoding="utf-8"))["airflows"]
    return found


def _case(name: str, written: dict[str, Any]) -> Case:
    files = {path: _content(content) for path, content in written["files"].items()}
    return Case(name, files, written.get("verdicts", {}), written.get("lost", []), written.get("requirements", ""))


def _content(written: str | dict[str, Any]) -> bytes:
    if isinstance(written, str):
        return written.replace("%imports\n", _IMPORTS).encode()
    if "zip" in written:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            for name, content in written["zip"].items():
                archive.writestr(zipfile.ZipInfo(name), _content(content))
        return packed.getvalue()
    repeated: bytes = written["bytes"].encode("latin-1") * written.get("times", 1)
    return _content(written["before"]) + repeated + _content(written.get("after", ""))
