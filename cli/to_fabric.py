"""`to-fabric`: an environment of Data Factory as the files of a Fabric Apache Airflow job; sends nothing."""

import json
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console
from rich.text import Text

from cli.errors import CommandError, Exit
from shared.fabric.environment import adf_environment_in
from shared.fabric.report import files_of
from shared.fabric.translation import Translation, translated


def to_fabric(spec: bytes, out: Path, name: str | None, *, with_values: bool, as_json: bool) -> Exit:
    """Write the files below `out`, and show what is left to do by hand."""
    translation = _translated(spec, name, with_values=with_values)
    files = files_of(translation)
    _write(out, files)
    if as_json:
        print(json.dumps({"name": translation.name, "files": sorted(files), "todo": _todo(translation)}))
    else:
        _show(out, files, translation)
    return Exit.OK


def _translated(spec: bytes, name: str | None, *, with_values: bool) -> Translation:
    try:
        document = json.loads(spec)
    except ValueError as error:
        raise CommandError(f"the spec is not valid JSON: {error}") from None
    try:
        return translated(adf_environment_in(document, name), with_values=with_values)
    except ValueError as error:
        raise CommandError(str(error)) from None


def _write(out: Path, files: Mapping[str, str]) -> None:
    """Write into a directory that is new or empty, so that nothing of another translation stays or is lost."""
    try:
        if out.exists() and any(out.iterdir()):
            raise CommandError(f"{out} is not empty; choose another directory")
        for path, text in files.items():
            (out / path).parent.mkdir(parents=True, exist_ok=True)
            (out / path).write_text(text, encoding="utf-8")
    except OSError as error:
        raise CommandError(f"cannot write to {out}: {error.strerror}") from None


def _show(out: Path, files: Mapping[str, str], translation: Translation) -> None:
    console = Console()
    for path in sorted(files):
        console.print(Text(str(out / path)), soft_wrap=True)
    for todo in _todo(translation):
        console.print(Text(f"to do: {todo}"), soft_wrap=True)


def _todo(translation: Translation) -> list[str]:
    return list(dict.fromkeys(finding.todo for finding in translation.findings if finding.todo))
