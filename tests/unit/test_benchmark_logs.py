from pathlib import Path

import pytest

from benchmarks.logs import log_of


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


def fail() -> None:
    with log_of("stack") as log:
        log.write("the host has ended")
        raise RuntimeError


def test_the_log_of_a_benchmark_that_ended_well_is_deleted(temporary: Path) -> None:
    with log_of("stack") as log:
        log.write("ready")
        assert list(temporary.iterdir())
    assert not list(temporary.iterdir())


def test_the_log_of_a_benchmark_that_failed_is_kept_and_named(
    temporary: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(RuntimeError):
        fail()
    (kept,) = temporary.iterdir()
    assert kept.read_text() == "the host has ended"
    assert str(kept) in capsys.readouterr().err
