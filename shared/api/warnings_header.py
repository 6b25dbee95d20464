"""Warnings on their way to a caller: a header, since the body is ARM's."""

import json
from collections.abc import Sequence
from itertools import accumulate

from shared.adf.warnings import SpecWarning

HEADER = "X-Relay-Warnings"
# Servers and proxies on the way take 8 kB for all headers together, some of them 4 kB for one.
LONGEST_BYTES = 4096
_ROOM_FOR_THE_REST = 64


def members_of(warnings: Sequence[SpecWarning]) -> list[dict[str, str]]:
    """Return the warnings as JSON, in the shape of a problem's `errors`."""
    return [{"path": warning.path, "message": warning.message} for warning in warnings]


def warnings_header(warnings: Sequence[SpecWarning]) -> dict[str, str]:
    """Return the header: a JSON list in ASCII of at most 4 kB, whose last element says how many did not fit."""
    members = members_of(warnings)
    sizes = accumulate(len(json.dumps(member)) + len(", ") for member in members)
    fitting = sum(size <= LONGEST_BYTES - _ROOM_FOR_THE_REST for size in sizes)
    left_out = len(members) - fitting
    rest = [{"path": "", "message": f"{left_out} more"}] if left_out else []
    return {HEADER: json.dumps(members[:fitting] + rest)} if warnings else {}
