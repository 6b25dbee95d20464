"""Reads `test.http`: requests in the format of the REST Client."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from local.app_settings import ROOT

FILE = ROOT / "test.http"
_VARIABLE = re.compile(r"^@(\w+)\s*=\s*(.*)$", re.MULTILINE)
_USE = re.compile(r"\{\{(\w+)\}\}")


@dataclass(frozen=True, slots=True)
class Request:
    """One request of the file, with its variables filled in."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: str


def requests_of(text: str, **variables: str) -> Iterator[Request]:
    """Return the requests; `variables` win over those that the file sets. Raise KeyError for one that is not set."""
    values = dict[str, str]()
    for name, value in _VARIABLE.findall(text):
        values[name] = variables.get(name, _USE.sub(lambda use: values[use[1]], value))
    _, *parts = re.split(r"^###.*$", text, flags=re.MULTILINE)
    for part in parts:
        head, _, body = _USE.sub(lambda use: values[use[1]], part).strip().partition("\n\n")
        line, *headers = head.splitlines()
        method, url = line.split(" ", 1)
        yield Request(method, url, dict(re.split(r":\s*", header, maxsplit=1) for header in headers), body)
