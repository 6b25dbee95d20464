"""What `wait` and `deploy` show: progress on stderr, results on stdout, annotations where GitHub runs them."""

import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from cli.console import Console
from cli.errors import Exit
from cli.files import FileResult, Goal
from cli.folder import Difference
from cli.tables import names_table

_RESULTS = {Exit.OK: "ok", Exit.NOT_OK: "failed", Exit.TIMED_OUT: "timedOut"}
_STYLES = {"failed": "red", "waiting": "yellow"}


@contextmanager
def progress_bar(what: str, total: int) -> Iterator[Callable[[int, str], None]]:
    """Yield a function that shows how many are done, and a message; nothing is shown if stderr is not a terminal."""
    message = TextColumn("{task.fields[message]}", markup=False)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), message)
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(what, total=total, message="")
        yield lambda done, message: progress.update(task, completed=done, message=message)


@dataclass(slots=True)
class Output:
    """Shows results as text, or as one JSON object at the end; `root` is where the files lie on this machine."""

    as_json: bool
    root: Path | None = None
    _told: dict[str, Any] = field(default_factory=dict)

    def show_difference(self, difference: Difference, *, is_all: bool) -> None:
        """Show what is to be uploaded and deleted; `is_all` says that nothing follows."""
        changes = {kind: list(getattr(difference, kind)) for kind in ("added", "changed", "removed")}
        self._told |= changes | {"unchanged": len(difference.unchanged)}
        if not self.as_json:
            Console().print(names_table({k: {"count": len(v), "first": v} for k, v in changes.items()}))
        elif is_all:
            print(json.dumps(self._told))

    def show(self, results: Sequence[FileResult], goal: Goal) -> Exit:
        """Show what is known of each file and return how the command ends."""
        end = _end(results)
        if self.as_json:
            files = [asdict(result) for result in results]
            print(json.dumps(self._told | {"result": _RESULTS[end], "files": files}))
        else:
            _print_table(results, goal)
        if os.environ.get("GITHUB_ACTIONS") == "true":
            self._annotate(results)
        return end

    def _annotate(self, results: Sequence[FileResult]) -> None:
        # GitHub's runner reads both streams; JSON stays alone on stdout.
        stream = sys.stderr if self.as_json else sys.stdout
        for result in results:
            if result.verdict != "ok":
                print(annotation(result, self.root), file=stream)


def annotation(result: FileResult, root: Path | None) -> str:
    """Return GitHub's workflow command that marks the file, and the line if one is known."""
    line = f",line={result.line}" if result.line else ""
    file = _in_workspace(root / result.path) if root else result.path
    return f"::error file={_property(file)}{line}::{_data(result.message)}"


def _in_workspace(file: Path) -> str:
    workspace = os.environ.get("GITHUB_WORKSPACE")
    if workspace and file.absolute().is_relative_to(workspace):
        return file.absolute().relative_to(workspace).as_posix()
    return file.as_posix()


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _end(results: Sequence[FileResult]) -> Exit:
    verdicts = {result.verdict for result in results}
    if "failed" in verdicts:
        return Exit.NOT_OK
    return Exit.TIMED_OUT if "waiting" in verdicts else Exit.OK


def _print_table(results: Sequence[FileResult], goal: Goal) -> None:
    console = Console()
    others = [result for result in results if result.verdict != "ok"]
    console.print(f"{len(results) - len(others)} of {len(results)} files are {goal}")
    if others:
        table = Table("file", "line", "state", "message")
        for result in others:
            state = Text(result.state, style=_STYLES[result.verdict])
            table.add_row(Text(result.path), str(result.line or ""), state, Text(result.message))
        console.print(table)
