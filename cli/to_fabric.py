"""`to-fabric`: an environment of Data Factory as the files of a Fabric Apache Airflow job; sends nothing."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from rich.text import Text

from cli.console import Console
from cli.errors import CommandError, Exit
from cli.spec import one_line_errors
from shared.fabric.environment import adf_environment_in
from shared.fabric.report import files_of
from shared.fabric.translation import Translation, translated


def to_fabric(spec: bytes, out: Path, name: str | None, *, with_values: bool, as_json: bool) -> Exit:
    """Write the files below `out`, and show what is left to do by hand."""
    with one_line_errors():
        translation = translated(adf_environment_in(json.loads(spec), name), with_values=with_values)
        files = {path: text.encode() for path, text in files_of(translation).items()}
    _write(out, files)
    if as_json:
        print(json.dumps({"name": translation.name, "files": sorted(files), "todo": _todo(translation)}))
    else:
        _show(out, files, translation)
    return Exit.OK


def _write(out: Path, files: Mapping[str, bytes]) -> None:
    """Write into a directory that is new or empty, so that nothing of another translation stays or is lost."""
    try:
        if out.exists() and any(out.iterdir()):
            raise CommandError(f"{out} is not empty; choose another directory")
        for path, content in files.items():
            (out / path).parent.mkdir(parents=True, exist_ok=True)
            (out / path).write_bytes(content)
    except OSError as error:
        raise CommandError(f"cannot write to {out}: {error.strerror}") from None


def _show(out: Path, files: Iterable[str], translation: Translation) -> None:
    console = Console()
    for path in sorted(files):
        console.print(Text(str(out / path)), soft_wrap=True)
    for todo in _todo(translation):
        console.print(Text(f"to do: {todo}"), soft_wrap=True)


def _todo(translation: Translation) -> list[str]:
    return list(dict.fromkeys(finding.todo for finding in translation.findings if finding.todo))
