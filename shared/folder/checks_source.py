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
from dataclasses import dataclass
from tokenize import detect_encoding

# What Airflow 2.6.3 runs on in ADF: the seed's sample answer has `pythonVersion` 3.8.
ENVIRONMENT_PYTHON = (3, 8)

# Never the file's own name: Python looks for a file of this name to quote a line from.
_NO_FILE = "<dag>"
# In bytes. Python 3.11 takes minutes to compile a megabyte of equal functions; parsing is linear.
_LARGEST_COMPILED = 64 * 1024
_LONGEST_ERROR = 200
_ASCII_ONLY = bytes(range(128)) + b"?" * 128
# Codecs whose time is in proportion to the input; punycode's, for one, is not.
_PLAIN_CODECS = re.compile(r"utf-8(-sig)?|ascii|iso8859-\d+|cp\d+")
# The filters of `warnings` belong to the process: two threads that restore them in turn would leave the wrong ones.
_ONE_AT_A_TIME = threading.Lock()


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a file could not be read in full; `fatal` where Python's import would fail as well."""

    line: int | None
    reason: str
    message: str
    fatal: bool


@dataclass(frozen=True, slots=True)
class Source:
    """What was made of a file: its syntax tree, where there is one, and what is wrong with it."""

    tree: ast.Module | None
    fault: Fault | None


def read_source(content: bytes) -> Source:
    """Parse a file; whatever the bytes are, the answer is a value."""
    fault = _null_byte(content) or _unusual_encoding(content)
    if fault:
        return Source(None, fault)
    try:
        with _ONE_AT_A_TIME, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _parse(content)
    except SyntaxError as error:
        return Source(None, _syntax_fault(error, content))
    except UnicodeDecodeError as error:  # an invalid line that Python cannot even quote
        return Source(None, _undecodable(str(error), None, content))
    except (RecursionError, MemoryError, ValueError):
        message = "Nested too deeply for the relay to read; Airflow's Python may have another limit."
        return Source(None, Fault(None, "TooDeeplyNested", message, fatal=False))


def _parse(content: bytes) -> Source:
    if len(content) <= _LARGEST_COMPILED:
        compile(content, _NO_FILE, "exec", dont_inherit=True)
    try:
        return Source(ast.parse(content, feature_version=ENVIRONMENT_PYTHON), None)
    except SyntaxError as error:
        message = f"Airflow's Python may be too old for this: {_text(error)}."
        return Source(ast.parse(content), Fault(error.lineno, "NewerPython", message, fatal=False))


def _null_byte(content: bytes) -> Fault | None:
    position = content.find(b"\0")
    if position < 0:
        return None
    message = "Expected Python source, found a null byte; save the file as UTF-8 (UTF-16 has null bytes)."
    return Fault(_line(content, position), "NullByte", message, fatal=True)


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


def _syntax_fault(error: SyntaxError, content: bytes) -> Fault:
    if "codec can't decode" in error.msg and "unicodeescape" not in error.msg:
        return _undecodable(_text(error), error.lineno, content)
    return Fault(error.lineno or None, type(error).__name__, f"Python cannot read this: {_text(error)}.", fatal=True)


def _undecodable(text: str, line: int | None, content: bytes) -> Fault:
    encoding = _declared_encoding(content) or "utf-8"
    message = f"Expected text in {encoding}, found other bytes; save the file as UTF-8. Python says: {text}."
    return Fault(line or _undecodable_line(content, encoding), "NotUtf8", message, fatal=True)


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
