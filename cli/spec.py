"""A spec in a file, and what is said of one that cannot be used."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

from cli.errors import CommandError


@contextmanager
def one_line_errors() -> Iterator[None]:
    """Raise CommandError for a spec that is no JSON, too deep, or not what was expected."""
    try:
        yield
    except json.JSONDecodeError as error:
        raise CommandError(f"the spec is not valid JSON: {error}") from None
    except UnicodeError as error:
        raise CommandError(f"the spec cannot be read or written in UTF-8: {error}") from None
    except RecursionError:
        raise CommandError("the spec has too many levels") from None
    except ValueError as error:
        raise CommandError(str(error)) from None
