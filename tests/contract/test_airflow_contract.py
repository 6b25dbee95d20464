"""One scenario, four Airflows, the same verdicts: what the emulated one says is what real ones say."""

from collections.abc import Mapping
from typing import NamedTuple

import pytest

from shared.airflow.verdict import FileVerdict
from tests.contract.conftest import TOLD, World

pytestmark = [pytest.mark.timeout(900), pytest.mark.xdist_group("airflow contract")]


class Told(NamedTuple):
    """What is compared: times and wordings differ."""

    state: str
    dags: tuple[str, ...] = ()
    error: str = ""
    line: int | None = None


TWO_DAGS = b'from airflow import DAG\n\nwith DAG("one"):\n    pass\nwith DAG("two"):\n    pass\n'
DECORATED = b"from airflow.decorators import dag\n\n\n@dag()\ndef decorated():\n    pass\n\n\ndecorated()\n"
CALLED_OFF = b"from airflow.decorators import dag\n\n\n@dag()\ndef never_called():\n    pass\n"
BROKEN = b"from airflow import DAG\n\ndef task(:\n    pass\n"
FIXED = b'from airflow import DAG\n\nwith DAG("fixed"):\n    pass\n'
HELPER = b"def connect():\n    return 1\n"
CRLF = b'\xef\xbb\xbffrom airflow import DAG\r\n\r\nwith DAG("windows"):\r\n    pass\r\n'

FIRST = {
    "two.py": TWO_DAGS,
    "team/\u00fcn t\u00e4g.py": FIXED.replace(b"fixed", b"unicode"),
    "decorated.py": DECORATED,
    "crlf.py": CRLF,
    "never_called.py": CALLED_OFF,
    "helper.py": HELPER,
    "broken.py": BROKEN,
}


def told(verdicts: Mapping[str, FileVerdict]) -> dict[str, Told]:
    return {
        path: Told(verdict.state, verdict.dags, verdict.problem.type, verdict.problem.line)
        if verdict.problem
        else Told(verdict.state, verdict.dags)
        for path, verdict in verdicts.items()
    }


def test_first_import(world: World) -> None:
    began = world.upload_and_import(FIRST)
    TOLD[world.name] = world.verdicts(FIRST, began)
    assert told(TOLD[world.name]) == {
        "two.py": Told("Parsed", ("one", "two")),
        "team/\u00fcn t\u00e4g.py": Told("Parsed", ("unicode",)),
        "decorated.py": Told("Parsed", ("decorated",)),
        "crlf.py": Told("Parsed", ("windows",)),
        "never_called.py": Told("NoDag"),
        "helper.py": Told("NoDag"),
        "broken.py": Told("ImportError", (), "SyntaxError", 3),
    }
    assert world.client.look(deadline_s=60).version == world.version


def test_a_file_that_was_fixed_one_that_was_broken_and_one_with_another_comment(world: World) -> None:
    world.upload_and_import(FIRST)
    second = {
        "broken.py": FIXED,
        "two.py": TWO_DAGS + b"def broken(:\n",
        "decorated.py": DECORATED + b"# another comment\n",
    }
    began = world.upload_and_import(second)
    assert told(world.verdicts(second, began)) == {
        "broken.py": Told("Parsed", ("fixed",)),
        "two.py": Told("ImportError", (), "SyntaxError", 7),
        "decorated.py": Told("Parsed", ("decorated",)),
    }


def test_a_change_that_never_arrived_is_not_seen(world: World) -> None:
    began = world.upload_and_import({"stays.py": FIXED.replace(b"fixed", b"stays")})
    world.verdicts({"stays.py": FIXED.replace(b"fixed", b"stays")}, began)
    [verdict] = world.verdicts({"stays.py": FIXED}, began, seconds=0).values()
    assert (verdict.state, verdict.reason) == ("NotSeen", "Airflow still has another version of this file.")
