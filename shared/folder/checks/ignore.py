"""Which files `.airflowignore` keeps from Airflow.

Read in airflow.utils.file of 2.6.3 and 2.10.5 and in airflow._shared.module_loading.file_discovery of 3.3.2. A pattern
counts from its own folder downwards, and a folder that is matched is not entered. In 2.x patterns are regular
expressions of RE2, searched for in the path below `dags`; in 3.x they are globs as in Git. Both are matched with RE2
here, whose time is in proportion to the text, whatever the pattern.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from shared.folder.checks.surroundings import IGNORE_FILE, Version, root_of

_COMMENT = re.compile(r"\s*#.*")
_MOST_PATTERNS = 500
_LONGEST_PATTERN = 1000
_GLOBS_SINCE: Version = (3, 0)


class _UnclearError(Exception):
    """A file with patterns could not be read, or holds more than is looked at."""


@dataclass(frozen=True, slots=True)
class IgnoreRules:
    """The contents of a folder's `.airflowignore` files by path, None for one that could not be read.

    `airflow` is the environment's version, None where that is not known.
    """

    files: Mapping[str, bytes | None]
    airflow: Version | None

    def ignores(self, name: str) -> bool | None:
        """Whether Airflow passes over a file; None where that cannot be said."""
        if not self.files:
            return False
        try:
            if self.airflow is not None:
                return self._ignores(name, _glob if self.airflow >= _GLOBS_SINCE else _expression)
            by_glob, by_expression = self._ignores(name, _glob), self._ignores(name, _expression)
        except _UnclearError:
            return None
        return by_glob if by_glob is by_expression else None

    def _ignores(self, name: str, matches: "_Matches") -> bool:
        """Go down to the file as Airflow does, and see whether the patterns so far match a folder on the way or it."""
        root = root_of(name)
        parts = name.removeprefix(root).split("/")
        patterns: list[tuple[str, str]] = []
        for depth in range(len(parts)):
            folder = "".join(f"{part}/" for part in parts[:depth])
            patterns.extend((folder, line) for line in self._patterns(f"{root}{folder}{IGNORE_FILE}"))
            if matches(patterns, "/".join(parts[: depth + 1]), depth < len(parts) - 1):
                return True
        return False

    def _patterns(self, path: str) -> Iterator[str]:
        if path not in self.files:
            return
        content = self.files[path]
        lines = [_COMMENT.sub("", line) for line in (content or b"").decode(errors="replace").split("\n")]
        if content is None or len(lines) > _MOST_PATTERNS or any(len(line) > _LONGEST_PATTERN for line in lines):
            raise _UnclearError
        yield from filter(None, lines)


_Matches = Callable[[list[tuple[str, str]], str, bool], bool]


def _expression(patterns: list[tuple[str, str]], path: str, is_folder: bool) -> bool:  # noqa: ARG001, FBT001 - one of two
    """Whether one of the expressions is found in the path; one that RE2 does not take is none to Airflow either."""
    compiled = [_compiled(pattern) for _, pattern in patterns]
    return any(expression.search(path) for expression in compiled if expression)


def _glob(patterns: list[tuple[str, str]], path: str, is_folder: bool) -> bool:  # noqa: FBT001 - one of two
    """Whether the last glob that matches is one that ignores; one with a slash within counts from its own folder."""
    matched = False
    for folder, pattern in patterns:
        wanted = pattern.lstrip("!").rstrip()
        if not wanted.strip("/") or (wanted.endswith("/") and not is_folder):
            continue
        rooted = pattern.startswith("/") or "/" in pattern.rstrip("/")
        text = path.removeprefix(folder) if rooted else path.rpartition("/")[2]
        expression, ignores = _translated(pattern)
        if expression and expression.match(f"{text}/" if is_folder else text):
            matched = ignores
    return matched


@lru_cache(maxsize=2 * _MOST_PATTERNS)
def _translated(glob: str) -> tuple[Any, bool]:
    from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

    try:
        expression, ignores = GitIgnoreSpecPattern.pattern_to_regex(glob)
    except ValueError:
        return None, False
    return (None, False) if expression is None else (_compiled(expression), bool(ignores))


@lru_cache(maxsize=2 * _MOST_PATTERNS)
def _compiled(expression: str) -> Any:  # noqa: ANN401 - RE2's wheel has no types
    import re2

    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(expression, options)
    except re2.error:
        return None
