"""Which files Core Tools publishes.

The rules are those of `FileSystemHelpers.GetLocalFiles` and `GitIgnoreParser` in Azure/azure-functions-core-tools, and
they are not git's: a pattern is compared with the *beginning* of a path, `*` is one or more characters without a slash,
`**` is anything, and nothing matches below the root unless the pattern says so. azd reads the same file as git would,
so `.funcignore` is written so that both come to the same files (tests/unit/test_package.py).
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path

_NEVER_DIRECTORIES = frozenset({".git", ".vscode"})
_NEVER_FILES = frozenset({".funcignore", ".gitignore", "local.settings.json", "project.lock.json"})


class FuncIgnore:
    """The patterns of a `.funcignore` as Core Tools reads them; later ones do not override, `!` always wins."""

    def __init__(self, text: str) -> None:
        lines = [line.strip() for line in text.splitlines()]
        patterns = [line for line in lines if line and not line.startswith("#")]
        self._ignored = _any_of(pattern for pattern in patterns if not pattern.startswith("!"))
        self._kept = _any_of(pattern[1:] for pattern in patterns if pattern.startswith("!"))

    def accepts(self, path: str) -> bool:
        """Whether a file, by its path below the app's folder, is published."""
        return self._kept.match(path) is not None or self._ignored.match(path) is None


def published(app: Path) -> list[str]:
    """Return the paths below `app`, with slashes and sorted, of what Core Tools publishes."""
    ignore = FuncIgnore((app / ".funcignore").read_text())
    return sorted(path for path in _files(app) if ignore.accepts(path))


def _files(app: Path) -> Iterator[str]:
    for folder, folders, files in os.walk(app):
        folders[:] = [name for name in folders if name not in _NEVER_DIRECTORIES]
        yield from (Path(folder, name).relative_to(app).as_posix() for name in files if name not in _NEVER_FILES)


def _any_of(patterns: Iterator[str]) -> re.Pattern[str]:
    alternatives = "|".join(_regex(pattern.removeprefix("/")) for pattern in patterns)
    return re.compile(alternatives or r"(?!)")


def _regex(pattern: str) -> str:
    return re.escape(pattern).replace(r"\*\*", ".+").replace(r"\*", "[^/]+")
