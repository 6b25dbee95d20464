"""Names of files and routes, which have to be UTF-8 where they are sent."""

from cli.errors import CommandError


def utf8(name: str) -> str:
    """Return the name; raise CommandError, which shows it escaped, if UTF-8 cannot hold it."""
    shown = name.encode(errors="backslashreplace").decode()
    if shown != name:
        raise CommandError(f"expected a name in UTF-8, not {shown}")
    return name
