"""The Python libraries of a spec: a list, or one text with commas between (the seed, "Airflow property")."""

import re
from collections.abc import Iterator, Sequence

# A comma also separates the versions of one requirement: `a>=1,<2`.
_BETWEEN = re.compile(r",(?!\s*[<>=!~])")
# `==` without a wildcard, or the address of a file or repository. No version has a `=`, and a search that could go over
# one would take hours for a long enough text.
_PINNED = re.compile(r"===|==\s*[^\s*=]+\s*(?:$|,)|://")


def requirements_in(value: Sequence[str] | str | None) -> Iterator[str]:
    """Return the requirements one by one, in their order, whatever form they came in."""
    parts = _BETWEEN.split(value) if isinstance(value, str) else value or ()
    return (part.strip() for part in parts)


def is_pinned(requirement: str) -> bool:
    """Whether the requirement always installs the same; a comment, an option of pip or nothing needs no version."""
    bare = requirement.partition("#")[0].partition(";")[0].strip()
    return not bare or bare.startswith("-") or _PINNED.search(bare) is not None
