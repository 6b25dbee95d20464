"""The terminal, as all commands write to it."""

import rich.console


class Console(rich.console.Console):
    """Leaves a reader of stdout that is gone to `main`, where rich would end with the exit code of NOT_OK."""

    def on_broken_pipe(self) -> None:
        """Raise what rich caught."""
        raise BrokenPipeError
