"""What is being dealt with: bound once, carried by every log record inside. See docs/telemetry.md."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from types import MappingProxyType

from shared.visible import on_one_line

# Records of these loggers are the app's own; those of other libraries stay as they are.
_OURS = frozenset({"function_app", "shared"})
# In the text a value is cut to the length of a GUID, the longest that is needed whole; the attribute has all of it.
_SHOWN = 36

# Azure's worker lets INFO of every library through; their lines about each request would be nine tenths of the log.
_LIBRARIES = ("azure", "msal", "msal_extensions", "urllib3", "requests", "charset_normalizer", "opentelemetry")

_bound: ContextVar[Mapping[str, str]] = ContextVar("bound", default=MappingProxyType({}))


@contextmanager
def bound(**fields: str | None) -> Iterator[None]:
    """Let what is logged inside carry these fields, besides those that are bound already; None binds nothing."""
    token = _bound.set({**_bound.get(), **{name: value for name, value in fields.items() if value is not None}})
    try:
        yield
    finally:
        _bound.reset(token)


def bound_value(name: str) -> str | None:
    """Return what is bound under a name."""
    return _bound.get().get(name)


def quieten_libraries() -> None:
    """Let the libraries that the app uses log warnings and errors only, unless a level was set for one of them."""
    for name in _LIBRARIES:
        library = logging.getLogger(name)
        if library.level == logging.NOTSET:
            library.setLevel(logging.WARNING)


@cache
def carry_fields() -> None:
    """Make every record of the app's own loggers carry the bound fields, as attributes and at the end of its text.

    Done where records are made, because Azure's worker brings a handler of its own, which forwards the text alone,
    while OpenTelemetry's handler takes the attributes. A name in the text may hold a line break: it is escaped.
    """
    make = logging.getLogRecordFactory()

    def make_with_fields(*args: object, **kwargs: object) -> logging.LogRecord:
        return _with_fields(make(*args, **kwargs))

    logging.setLogRecordFactory(make_with_fields)


def _with_fields(record: logging.LogRecord) -> logging.LogRecord:
    if record.name.partition(".")[0] not in _OURS:
        return record
    fields = _bound.get()
    record.__dict__.update(fields)
    shown = " ".join(f"{name}={value[:_SHOWN]}" for name, value in fields.items())
    text = record.getMessage()
    record.msg, record.args = on_one_line(f"{text} [{shown}]" if shown else text), None
    return record
