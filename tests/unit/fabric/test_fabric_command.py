"""`dag-relay to-fabric` as a person starts it."""

import json
from pathlib import Path

import pytest

from cli.errors import CommandError, Exit
from cli.main import main
from cli.to_fabric import to_fabric
from tests.unit.fabric.conftest import SECRETS, Json


def run(spec: object, out: Path, *, with_values: bool = False) -> Exit:
    return to_fabric(json.dumps(spec).encode(), out, None, with_values=with_values, as_json=False)


def texts(out: Path) -> dict[str, str]:
    return {path.relative_to(out).as_posix(): path.read_text() for path in out.rglob("*") if path.is_file()}


def test_it_writes_the_files_and_tells_what_is_to_do(
    full: Json, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(full, tmp_path / "out") == Exit.OK
    written = texts(tmp_path / "out")
    assert {"orders.ApacheAirflowJob/.platform", "settings.json", "pool.json", "report.md"} < set(written)
    shown = capsys.readouterr().out
    assert "to do: put the value of STAGE into settings.json" in shown
    assert [secret for secret in SECRETS if secret in shown + "".join(written.values())] == []


def test_values_are_written_only_when_they_are_asked_for(full: Json, tmp_path: Path) -> None:
    run(full, tmp_path / "out", with_values=True)
    assert "hush-1" in texts(tmp_path / "out")["settings.json"]


def test_a_directory_with_something_in_it_is_left_alone(full: Json, tmp_path: Path) -> None:
    (tmp_path / "mine").touch()
    with pytest.raises(CommandError, match="is not empty"):
        run(full, tmp_path)
    assert list(texts(tmp_path)) == ["mine"]


def test_a_directory_that_cannot_be_written_is_named(full: Json, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CommandError, match=r"cannot write to .*file"):
        run(full, tmp_path / "file" / "out")


@pytest.mark.parametrize("spec", [b"{", b"[]", b'{"properties": {"type": "Managed"}}'])
def test_what_is_no_spec_says_what_was_expected(spec: bytes, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"not valid JSON|expected an environment"):
        to_fabric(spec, tmp_path / "out", None, with_values=False, as_json=False)
    assert not (tmp_path / "out").exists()


def test_the_command_prints_json_and_needs_no_app(
    full: Json, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "spec.json").write_text(json.dumps(full))
    arguments = ["to-fabric", str(tmp_path / "spec.json"), str(tmp_path / "out"), "--name", "sales", "--json"]
    monkeypatch.setattr("sys.argv", ["dag-relay", *arguments])
    assert main() == Exit.OK
    shown = json.loads(capsys.readouterr().out)
    assert (shown["name"], "sales.ApacheAirflowJob/.platform" in shown["files"]) == ("sales", True)
