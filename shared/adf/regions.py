"""Regions of Azure: `West Europe` and `westeurope` are one."""

from collections.abc import Mapping
from typing import Any

PATH = ("properties", "typeProperties", "computeProperties", "location")


def region_in(spec: Mapping[str, Any]) -> str | None:
    """Return the region that a spec asks for, None where it leaves that to Data Factory."""
    found: Any = spec
    for key in PATH:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found if isinstance(found, str) else None


def is_same_region(one: str, other: str) -> bool:
    """Whether two texts name one region, by its display name or the short one."""
    return _short(one) == _short(other)


def _short(region: str) -> str:
    return "".join(region.split()).lower()
