"""What the demo shows: a time line while it happens, a table at the end."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Expectation:
    """Something that the demo claims, and what was seen."""

    claim: str
    expected: str
    seen: str

    @property
    def is_met(self) -> bool:
        """Whether what was seen is what was expected."""
        return self.expected == self.seen


class Screen:
    """A terminal with a clock that restarts at each act."""

    def __init__(self) -> None:
        self.console = Console(highlight=False)
        self._started = time.monotonic()

    def act(self, title: str) -> None:
        """Begin an act."""
        self._started = time.monotonic()
        self.console.print(f"\n[bold]{title}[/bold]")

    def event(self, text: str) -> None:
        """Show something that has just happened."""
        self.console.print(f"  [dim]{time.monotonic() - self._started:5.1f} s[/dim]  {text}")

    @contextmanager
    def waiting(self, what: str) -> Iterator[None]:
        """Show what is waited for, and for how long; only a terminal shows it."""
        columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
        is_shown = self.console.is_terminal
        with Progress(*columns, console=self.console, transient=True, disable=not is_shown) as progress:
            progress.add_task(what, total=None)
            yield

    def table(self, title: str, rows: Sequence[tuple[str, ...]]) -> None:
        """Show a table; its first row is the heading."""
        heading, *body = rows
        table = Table(title=title, title_justify="left", title_style="bold")
        for n, name in enumerate(heading):
            table.add_column(name, justify="left" if n == 0 else "right")
        for row in body:
            table.add_row(*row)
        self.console.print()
        self.console.print(table)

    def verdict(self, expectations: Sequence[Expectation]) -> int:
        """Show which expectations are met and return the exit code."""
        self.console.print()
        for expectation in expectations:
            if expectation.is_met:
                self.console.print(f"  [green]ok[/green]      {expectation.claim}: {expectation.seen}")
            else:
                self.console.print(
                    f"  [red]FAILED[/red]  {expectation.claim}: expected {expectation.expected}, saw {expectation.seen}"
                )
        failed = sum(not expectation.is_met for expectation in expectations)
        self.console.print(f"\n[bold]{len(expectations) - failed} of {len(expectations)} expectations are met[/bold]")
        return 1 if failed else 0
