"""What the version of Airflow's Python decides: syntax, and a few expressions, that an older one does not take.

The relay's own Python reads the file. What it takes may be too new for Airflow's, and what it refuses may be newer than
itself; both are told from the syntax, since neither Python can be asked for the other.
"""

import ast
import re
import sys
from collections.abc import Iterator
from itertools import chain

from shared.folder.checks.literals import always_run
from shared.folder.checks.surroundings import Version

# The newest Python whose syntax is known here.
NEWEST_KNOWN: Version = (3, 14)

# The relay's own.
RELAY: Version = (sys.version_info.major, sys.version_info.minor)

# PEP 695 and 696, PEP 701, PEP 750 and 758, as they look to a Python that does not know them yet. A search from one
# place never goes far: there may be a megabyte of places.
_NEW_SINCE = {
    (3, 12): rb"^[\ \t\f]*type\s+\w | \b(?:def|class)\s+\w+\s*\[ | (?<!\w)(?:f|rf|fr)['\"]",
    (3, 13): rb"\b(?:def|class)\s+\w+\s*\[",
    (3, 14): rb"(?<!\w)(?:t|rt|tr)['\"] | \bexcept\b[^:(\n]{0,1000},",
}
_CONTINUES = (b" ", b"\t", b"\r", b"\n", b")", b"]", b"}", b"#", b"'", b'"')

# The newest Pythons that brought something of what is looked for.
_LAST_CHANGE: Version = (3, 12)
_LAST_RUN_TIME_CHANGE: Version = (3, 10)
_TELLING = (ast.stmt, ast.Subscript)

_GENERIC = frozenset({"list", "dict", "tuple", "set", "frozenset", "type"})
_TYPES = _GENERIC | {"str", "int", "float", "bool", "bytes", "object"}
_STRING_METHODS = frozenset({"removeprefix", "removesuffix"})


def may_be_newer(content: bytes, error: SyntaxError, python: Version | None) -> bool:
    """Whether a syntax error of the relay's Python may be syntax that Airflow's Python, None if not known, takes.

    Looked at is the statement at the top level in which the error lies.
    """
    if python is not None and python <= RELAY:
        return False
    if python is not None and python > NEWEST_KNOWN:
        return True
    newest = python or NEWEST_KNOWN
    patterns = [pattern for since, pattern in _NEW_SINCE.items() if RELAY < since <= newest]
    if not patterns:
        return False
    statement = _statement(content, error.lineno or 1)
    return "f-string" in error.msg or any(
        re.search(pattern, statement, re.VERBOSE | re.MULTILINE | re.IGNORECASE) for pattern in patterns
    )


def _statement(content: bytes, line: int) -> bytes:
    lines = content.splitlines(keepends=True)
    first = min(line, len(lines)) - 1
    while first > 0 and lines[first].startswith(_CONTINUES):
        first -= 1
    end = line
    while end < len(lines) and lines[end].startswith(_CONTINUES):
        end += 1
    return b"".join(lines[max(first, 0) : end])


def too_new(tree: ast.Module, python: Version) -> tuple[int, Version, str] | None:
    """Return the first syntax that this Python surely refuses: its line, since when there is it, and its name."""
    if python >= _LAST_CHANGE:
        return None
    telling = (node for node in ast.walk(tree) if isinstance(node, _TELLING))
    return min((need for node in telling for need in _needs(node) if need[1] > python), default=None)


def _needs(node: ast.AST) -> Iterator[tuple[int, Version, str]]:
    if isinstance(node, ast.Match):
        yield node.lineno, (3, 10), "match"
    if isinstance(node, ast.TryStar):
        yield node.lineno, (3, 11), "except*"
    if isinstance(node, ast.Subscript) and _is_unpacked(node.slice):
        yield node.lineno, (3, 11), "* in an index"
    if isinstance(node, (ast.For, ast.AsyncFor)) and _is_unpacked(node.iter):
        yield node.lineno, (3, 9), "* in what a for goes through"
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and _has_starred_annotation(node):
        yield node.lineno, (3, 11), "* in an annotation"
    if type(node).__name__ == "TypeAlias" or getattr(node, "type_params", None):
        yield getattr(node, "lineno", 1), (3, 12), "the syntax of generic types"
    for decorator in getattr(node, "decorator_list", []):
        if not _is_old_decorator(decorator):
            yield decorator.lineno, (3, 9), "a decorator that is more than a dotted name or a call of one"


def _has_starred_annotation(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return node.args.vararg is not None and isinstance(node.args.vararg.annotation, ast.Starred)


def _is_unpacked(index: ast.expr) -> bool:
    """Whether an index, or the like, holds a `*` outside of parentheses, which make it an ordinary tuple."""
    if not isinstance(index, ast.Tuple) or not index.elts:
        return False
    first = index.elts[0]
    bare = (first.lineno, first.col_offset) == (index.lineno, index.col_offset)
    return bare and any(isinstance(element, ast.Starred) for element in index.elts)


def _is_old_decorator(node: ast.expr) -> bool:
    node = node.func if isinstance(node, ast.Call) else node
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name)


def fails_at_run_time(tree: ast.Module, python: Version) -> tuple[int, Version, str] | None:
    """Return the first expression at the top level that this Python cannot evaluate, as `too_new` does."""
    needs = [need for need in _run_time_needs(tree) if need[1] > python] if python < _LAST_RUN_TIME_CHANGE else []
    if not needs:
        return None
    stored = (node for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store))
    return None if any(node.id in _TYPES for node in stored) else min(needs)


def _run_time_needs(tree: ast.Module) -> Iterator[tuple[int, Version, str]]:
    annotated = not _postpones_annotations(tree)
    for statement in always_run(tree):
        annotations = _annotations(statement) if annotated else iter(())
        for node in chain.from_iterable(map(ast.walk, annotations)):
            yield from _annotation_needs(node)
        if isinstance(statement, (ast.Expr, ast.Assign)):
            for node in ast.walk(statement.value):
                yield from _expression_needs(node)


def _postpones_annotations(tree: ast.Module) -> bool:
    future = (node for node in tree.body if isinstance(node, ast.ImportFrom) and node.module == "__future__")
    return any(name.name == "annotations" for node in future for name in node.names)


def _annotations(statement: ast.stmt) -> Iterator[ast.expr]:
    if isinstance(statement, ast.AnnAssign):
        yield statement.annotation
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
        arguments = statement.args
        every = (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg)
        yield from (argument.annotation for argument in every if argument and argument.annotation)
        if statement.returns:
            yield statement.returns


def _annotation_needs(node: ast.AST) -> Iterator[tuple[int, Version, str]]:
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id in _GENERIC:
        yield node.lineno, (3, 9), f"{node.value.id}[…] in an annotation"
    match node:
        case ast.BinOp(left=left, op=ast.BitOr(), right=right) if all(map(_is_type_or_none, (left, right))):
            yield node.lineno, (3, 10), "X | Y in an annotation"


def _is_type_or_none(node: ast.expr) -> bool:
    node = node.value if isinstance(node, ast.Subscript) else node
    return (isinstance(node, ast.Name) and node.id in _TYPES) or (isinstance(node, ast.Constant) and node.value is None)


def _expression_needs(node: ast.AST) -> Iterator[tuple[int, Version, str]]:
    match node:
        case ast.BinOp(left=ast.Dict(), op=ast.BitOr(), right=ast.Dict()):
            yield node.lineno, (3, 9), "dict | dict"
        case ast.Attribute(value=ast.Constant(value=str()), attr=method) if method in _STRING_METHODS:
            yield node.lineno, (3, 9), f"str.{method}"
