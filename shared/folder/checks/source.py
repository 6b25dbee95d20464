"""Reading the bytes of a Python file as Python's import would, up to the point where it would run.

The judge is `compile` on the bytes, which is what `importlib` calls when Airflow loads a DAG file: it honours byte
order marks and coding cookies (PEP 263), takes non-UTF-8 bytes in comments as imports do, and finds what a parser
alone does not (`return` outside a function). It makes code and runs none.
"""

import ast
import codecs
import re
import threading
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from tokenize import detect_encoding

from shared.folder.checks.findings import Fault
from shared.folder.checks.fstrings import first_new
from shared.folder.checks.literals import always_run
from shared.folder.checks.pythons import RELAY, fails_at_run_time, may_be_newer, too_new
from shared.folder.checks.surroundings import Version

# Never the file's own name: Python looks for a file of this name to quote a line from.
_NO_FILE = "<dag>"
# In bytes. Python 3.11 takes minutes to compile a megabyte of equal functions; parsing is linear.
_LARGEST_COMPILED = 64 * 1024
_LONGEST_ERROR = 200
# The oldest version that every supported Python's parser can stand for.
_OLDEST_PARSED: Version = (3, 7)
# Those with any expression in them, PEP 701.
_NEW_FSTRINGS: Version = (3, 12)
_GZIP = b"\x1f\x8b"
_ASCII_ONLY = bytes(range(128)) + b"?" * 128
# Codecs whose time is in proportion to the input; punycode's, for one, is not.
_PLAIN_CODECS = re.compile(r"utf-8(-sig)?|ascii|iso8859-\d+|cp\d+")
# Python's parser takes minutes for an import of a name with a hundred thousand dots.
_LONG_NAME = re.compile(rb"\b(?:\w++[\s\\]*+\.[\s\\]*+){1000}")
# The filters of `warnings` belong to the process: two threads that restore them in turn would leave the wrong ones.
_ONE_AT_A_TIME = threading.Lock()


@dataclass(frozen=True, slots=True)
class Source:
    """What was made of a file: its syntax tree, where there is one, and what is wrong with it."""

    tree: ast.Module | None
    faults: tuple[Fault, ...] = ()


def read_source(content: bytes, python: Version | None = None) -> Source:
    """Parse a file for Airflow's Python, None if that is not known; whatever the bytes are, the answer is a value."""
    fault = compressed(content) or _null_byte(content) or _unusual_encoding(content) or _long_name(content)
    if fault:
        return Source(None, (fault,))
    try:
        with _ONE_AT_A_TIME, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree, refusal = _parse(content, python)
            return Source(tree, tuple(_other_faults(tree, refusal, content, python)))
    except SyntaxError as error:
        return Source(None, (_syntax_fault(error, content, python),))
    except UnicodeDecodeError as error:  # an invalid line that Python cannot even quote
        return Source(None, (_undecodable(str(error), None, content),))
    except (RecursionError, MemoryError, ValueError):
        message = "Nested too deeply for the relay to read; Airflow's Python may have another limit."
        return Source(None, (Fault(None, "TooDeeplyNested", message, fatal=False),))


def _parse(content: bytes, python: Version | None) -> tuple[ast.Module, SyntaxError | None]:
    """Return the tree, and what the parser has against the file when it stands for an older Python.

    Only one tree is in memory at a time; that of a megabyte takes hundreds.
    """
    if len(content) <= _LARGEST_COMPILED:
        compile(content, _NO_FILE, "exec", dont_inherit=True)
    tree, refusal = None, None
    if python is not None and python < RELAY:
        try:
            tree = ast.parse(content, feature_version=max(python, _OLDEST_PARSED))
        except SyntaxError as error:
            refusal = error
    tree = tree or ast.parse(content)
    if outside := next((node for node in always_run(tree) if isinstance(node, ast.Return)), None):
        raise SyntaxError("'return' outside function", (_NO_FILE, outside.lineno, None, None))
    return tree, refusal


def _other_faults(
    tree: ast.Module, refusal: SyntaxError | None, content: bytes, python: Version | None
) -> Iterator[Fault]:
    if raised := next((node for node in tree.body if isinstance(node, ast.Raise)), None):
        yield Fault(
            raised.lineno, "AlwaysRaises", "Loading the file ends at this raise, whatever it is for.", fatal=True
        )
    if python is not None:
        yield from islice(_too_new(tree, refusal, content, python), 1)
    if fault := _not_utf8(content):
        yield fault


def _too_new(tree: ast.Module, refusal: SyntaxError | None, content: bytes, python: Version) -> Iterator[Fault]:
    """Find what the relay's Python takes and Airflow's, which is older, does not; what is certain comes first.

    The parser's own word comes last, and is a warning: as a Python below 3.9 it refuses `with (lock):`.
    """
    if need := too_new(tree, python):
        yield _came_later(need, python, fatal=True)
    if python < _NEW_FSTRINGS and (line := first_new(text_of(content))):
        message = f"Airflow runs on Python {_dotted(python)} here, which ends this f-string earlier, or refuses it."
        yield Fault(line, "NewerPython", message, fatal=True)
    if need := fails_at_run_time(tree, python):
        yield _came_later(need, python, fatal=False)
    if refusal:
        message = f"Airflow's Python {_dotted(python)} may be too old for this: {_text(refusal)}."
        yield Fault(refusal.lineno, "NewerPython", message, fatal=False)


def _came_later(need: tuple[int, Version, str], python: Version, *, fatal: bool) -> Fault:
    line, since, what = need
    message = f"Airflow runs on Python {_dotted(python)} here, and {what} came with {_dotted(since)}."
    return Fault(line, "NewerPython", message, fatal)


def _dotted(python: Version) -> str:
    return f"{python[0]}.{python[1]}"


def compressed(content: bytes) -> Fault | None:
    """Return that a blob holds gzip data, which Airflow may get unpacked."""
    if not content.startswith(_GZIP):
        return None
    message = "The blob holds gzip data, which was not looked into; upload the file uncompressed."
    return Fault(None, "Compressed", message, fatal=False)


def _null_byte(content: bytes) -> Fault | None:
    position = content.find(b"\0")
    if position < 0:
        return None
    message = "Expected Python source, found a null byte; save the file as UTF-8 (UTF-16 has null bytes)."
    return Fault(_line(content, position), "NullByte", message, fatal=True)


def _long_name(content: bytes) -> Fault | None:
    found = _LONG_NAME.search(content)
    if not found:
        return None
    message = "A name with a thousand dots was not looked into; Airflow's Python may take minutes for it."
    return Fault(_line(content, found.start()), "TooDeeplyNested", message, fatal=False)


def _not_utf8(content: bytes) -> Fault | None:
    """Find bytes that Python takes, by a coding cookie or in a comment, and that Airflow cannot store as the source."""
    line = _undecodable_line(content, "utf-8")
    if line is None:
        return None
    message = "Airflow stores a DAG file's source as UTF-8 and fails on these bytes, without an import error."
    return Fault(line, "NotUtf8", f"{message} Save the file as UTF-8.", fatal=False)


def _unusual_encoding(content: bytes) -> Fault | None:
    encoding = _declared_encoding(content)
    if encoding is None or _PLAIN_CODECS.fullmatch(codecs.lookup(encoding).name):
        return None
    message = f"The file declares the encoding {encoding}, which the relay does not read; save it as UTF-8."
    return Fault(None, "EncodingNotRead", message, fatal=False)


def _declared_encoding(content: bytes) -> str | None:
    """Return the encoding by PEP 263, None where Python knows none of that name.

    Other than `detect_encoding`, imports take any byte beside the cookie, hence the ASCII copy of the two lines.
    """
    body = content.removeprefix(codecs.BOM_UTF8)
    first, *rest = [line.translate(_ASCII_ONLY) for line in body.splitlines(keepends=True)[:2]] or [b""]
    mark = content[: len(content) - len(body)]
    try:
        return detect_encoding(iter([mark + first, *rest]).__next__)[0]
    except SyntaxError:
        return None


def _syntax_fault(error: SyntaxError, content: bytes, python: Version | None) -> Fault:
    if "codec can't decode" in error.msg and "unicodeescape" not in error.msg:
        return _undecodable(_text(error), error.lineno, content)
    if may_be_newer(content, error, python):
        message = f"The relay's Python {_dotted(RELAY)} cannot read this, a newer one may: {_text(error)}."
        return Fault(error.lineno or None, "NewerThanRelay", message, fatal=False)
    return Fault(error.lineno or None, type(error).__name__, f"Python cannot read this: {_text(error)}.", fatal=True)


def _undecodable(text: str, line: int | None, content: bytes) -> Fault:
    encoding = _declared_encoding(content) or "utf-8"
    message = f"Expected text in {encoding}, found other bytes; save the file as UTF-8. Python says: {text}."
    return Fault(line or _undecodable_line(content, encoding), "NotUtf8", message, fatal=True)


def text_of(content: bytes) -> str:
    """Return the text of a file in the encoding that it declares, if that is a plain one, with other bytes replaced."""
    encoding = "utf-8" if _unusual_encoding(content) else _declared_encoding(content)
    return content.decode(encoding or "utf-8", errors="replace")


def _undecodable_line(content: bytes, encoding: str) -> int | None:
    try:
        content.decode(encoding)
    except UnicodeDecodeError as error:
        return _line(content, error.start)
    return None


def _line(content: bytes, position: int) -> int:
    return content.count(b"\n", 0, position) + 1


def _text(error: SyntaxError) -> str:
    """Python's words without the line they are about: a line of a DAG may hold a password."""
    return error.msg[:_LONGEST_ERROR]
