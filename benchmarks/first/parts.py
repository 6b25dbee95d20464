"""What the imports cost, by the library that they are of: Python's own account of them, `-X importtime`."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping

_LINE = re.compile(r"import time:\s+(?P<own_us>\d+) \|\s+\d+ \|\s+(?P<module>\S+)")
OWN = "the app itself"
STANDARD = "Python's library"
# By the first names of the modules: each with what only it brings.
_LIBRARIES: Mapping[str, tuple[str, ...]] = {
    "azure-functions": ("azure.functions", "azurefunctions", "werkzeug", "markupsafe"),
    "pydantic": ("pydantic", "pydantic_core", "annotated_types", "typing_inspection", "typing_extensions"),
    "azure-core": ("azure.core",),
    "azure-identity": ("azure.identity", "msal", "cryptography", "jwt"),
    "azure-storage": ("azure.storage", "isodate"),
    "requests": ("requests", "urllib3", "charset_normalizer", "idna", "certifi"),
    OWN: ("shared", "function_app"),
}
LIBRARIES = (*_LIBRARIES, STANDARD)


def by_library(accounts: Iterable[str]) -> dict[str, float]:
    """Return the milliseconds of each library; of several accounts of the same imports the shortest times count."""
    shortest: dict[str, float] = {}
    for account in accounts:
        for line in _LINE.finditer(account):
            own_ms = int(line["own_us"]) / 1000
            shortest[line["module"]] = min(own_ms, shortest.get(line["module"], own_ms))
    sums: dict[str, float] = defaultdict(float)
    for module, own_ms in shortest.items():
        sums[_library_of(module)] += own_ms
    return dict(sums)


def _library_of(module: str) -> str:
    found = (name for name, starts in _LIBRARIES.items() for start in starts if f"{module}.".startswith(f"{start}."))
    return next(found, STANDARD)
