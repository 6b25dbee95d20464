"""Which files `.airflowignore` keeps from Airflow.

Read in airflow.utils.file of 2.6.3 and 2.10.5 and in airflow._shared.module_loading.file_discovery of 3.3.2. A pattern
counts from its own folder downwards, and a folder that is matched is not entered. In 2.x patterns are regular
expressions of RE2, searched for in the path below `dags`; in 3.x they are globs as in Git. Both are matched with RE2
here, whose time is in proportion to the text, whatever the pattern.

Airflow opens such a file as text in UTF-8, and catches neither bytes that are not, nor a glob that pathspec refuses:
its search for DAG files ends there (airflow.utils.file.find_dag_file_paths, whose callers catch nothing either).
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from shared.folder.checks.findings import Fault
from shared.folder.checks.surroundings import IGNORE_FILE, Version, root_of

_MOST_PATTERNS = 500
_LONGEST_PATTERN = 1000
_GLOBS_SINCE: Version = (3, 0)


_CONSEQUENCE = "and with it loads nothing of the whole folder, dags or plugins"


class _UnclearError(Exception):
    """A file with patterns could not be read, by us or by Airflow, or holds more than is looked at."""


@dataclass(frozen=True, slots=True)
class IgnoreRules:
    """The contents of a folder's `.airflowignore` files by path, None for one that could not be read.

    `airflow` is the environment's version, None where that is not known.
    """

    files: Mapping[str, bytes | None]
    airflow: Version | None

    def ignores(self, name: str) -> bool | None:
        """Whether Airflow passes over a file; None where that cannot be said."""
        root = root_of(name)
        return self._judged(root, name.removeprefix(root).split("/"), ends_in_folder=False)

    def ignores_folder_of(self, name: str) -> bool | None:
        """Whether Airflow does not go into the folder of a file; None where that cannot be said."""
        root = root_of(name)
        return self._judged(root, name.removeprefix(root).split("/")[:-1], ends_in_folder=True)

    def _judged(self, root: str, parts: list[str], *, ends_in_folder: bool) -> bool | None:
        if not self.files:
            return False
        folders = [True] * len(parts) if ends_in_folder else [True] * (len(parts) - 1) + [False]
        way = list(zip(parts, folders, strict=True))
        try:
            if self.airflow is not None:
                return self._ignores(root, way, _glob if self.airflow >= _GLOBS_SINCE else _expression)
            by_glob, by_expression = self._ignores(root, way, _glob), self._ignores(root, way, _expression)
        except _UnclearError:
            return None
        return by_glob if by_glob is by_expression else None

    def _ignores(self, root: str, way: list[tuple[str, bool]], matches: "_Matches") -> bool:
        """Go down as Airflow does, and see whether the patterns so far match a folder on the way or the end of it."""
        above = ""
        patterns: list[tuple[str, str]] = []
        for part, is_folder in way:
            patterns.extend((above, line) for line in self._patterns(f"{root}{above}{IGNORE_FILE}"))
            if matches(patterns, f"{above}{part}", is_folder):
                return True
            above = f"{above}{part}/"
        return False

    def _patterns(self, path: str) -> Iterator[str]:
        if path not in self.files:
            return
        content = self.files[path]
        try:
            lines = _lines(content) if content is not None else None
        except UnicodeDecodeError:
            lines = None
        if lines is None or len(lines) > _MOST_PATTERNS or any(len(line) > _LONGEST_PATTERN for line in lines):
            raise _UnclearError
        yield from filter(None, lines)


def ignore_fault(content: bytes, airflow: Version | None) -> Fault | None:
    """Return what keeps Airflow from reading a file with patterns, and with it from finding any DAG file."""
    try:
        lines = _lines(content)
    except UnicodeDecodeError as error:
        message = f"Airflow fails to read this file as UTF-8, {_CONSEQUENCE}; save it as UTF-8."
        return Fault(content.count(b"\n", 0, error.start) + 1, "NotUtf8", message, fatal=True)
    if airflow is None or airflow < _GLOBS_SINCE:
        return None
    for number, line in enumerate(lines[:_MOST_PATTERNS], start=1):
        if line and len(line) <= _LONGEST_PATTERN and _is_refused(line):
            message = f"Airflow fails on this pattern, {_CONSEQUENCE}; write something after the last ! or \\."
            return Fault(number, "InvalidPattern", message, fatal=True)
    return None


def _lines(content: bytes) -> list[str]:
    """Return the lines without comments; like a file that is opened as text, with any kind of line end."""
    text = content.decode().replace("\r\n", "\n").replace("\r", "\n")
    return [_without_comment(line) for line in text.split("\n")]


def _without_comment(line: str) -> str:
    pattern, comment, _ = line.partition("#")
    return pattern.rstrip() if comment else pattern


_Matches = Callable[[list[tuple[str, str]], str, bool], bool]


def _expression(patterns: list[tuple[str, str]], path: str, is_folder: bool) -> bool:  # noqa: ARG001, FBT001 - one of two
    """Whether one of the expressions is found in the path; one that RE2 does not take is none to Airflow either."""
    compiled = [_compiled(pattern) for _, pattern in patterns]
    return any(expression.search(path) for expression in compiled if expression)


def _glob(patterns: list[tuple[str, str]], path: str, is_folder: bool) -> bool:  # noqa: FBT001 - one of two
    """Whether the last glob that matches is one that ignores; one with a slash within counts from its own folder."""
    matched = False
    for folder, pattern in patterns:
        expression, ignores = _translated(pattern)
        wanted = pattern.lstrip("!").rstrip()
        if not wanted.strip("/") or (wanted.endswith("/") and not is_folder):
            continue
        rooted = pattern.startswith("/") or "/" in pattern.rstrip("/")
        text = path.removeprefix(folder) if rooted else path.rpartition("/")[2]
        if expression and expression.search(f"{text}/" if is_folder else text):
            matched = ignores
    return matched


@lru_cache(maxsize=2 * _MOST_PATTERNS)
def _translated(glob: str) -> tuple[Any, bool]:
    from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

    if glob.strip() == "/":
        return None, False
    try:
        expression, ignores = GitIgnoreSpecPattern.pattern_to_regex(glob)
    except ValueError as error:
        raise _UnclearError from error
    return (None, False) if expression is None else (_compiled(expression), bool(ignores))


def _is_refused(glob: str) -> bool:
    """Whether pathspec, in all versions since 0.10, raises an error for a glob."""
    try:
        _translated(glob)
    except _UnclearError:
        return True
    return False


@lru_cache(maxsize=2 * _MOST_PATTERNS)
def _compiled(expression: str) -> Any:  # noqa: ANN401 - RE2's wheel has no types
    import re2

    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(expression, options)
    except re2.error:
        return None
