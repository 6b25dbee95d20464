"""Drawing the page: a template that escapes whatever it is given, one style sheet and one script, both in the page."""

import base64
import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

_ASSETS = Path(__file__).parent / "assets"
_UNITS = (("day", timedelta(days=1)), ("hour", timedelta(hours=1)), ("minute", timedelta(minutes=1)))


def render(now: datetime, values: Mapping[str, object]) -> str:
    """Return the page; `values` are what the template `page.html` names."""
    return _template().render(
        values, now=now, css=_asset("page.css"), js=_asset("page.js"), ago=lambda time: ago(time, now)
    )


@cache
def headers() -> Mapping[str, str]:
    """Return the page's headers: nothing runs or is loaded but what is in the page, and nobody gets its address.

    The address may hold the key, so it must reach neither a cache nor another host (`Referrer-Policy`).
    """
    policy = {
        "default-src": "'none'",
        "style-src": _source("page.css"),
        "script-src": _source("page.js"),
        "connect-src": "'self'",
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    return {
        "Content-Security-Policy": "; ".join(f"{directive} {source}" for directive, source in policy.items()),
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }


def ago(time: datetime, now: datetime) -> str:
    """Return how long ago a time was, in its largest unit."""
    passed = now - time
    for name, unit in _UNITS:
        if passed >= unit:
            count = passed // unit
            return f"{count} {name}{'' if count == 1 else 's'} ago"
    return "just now"


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(_ASSETS), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    return environment.get_template("page.html")


@cache
def _asset(name: str) -> Markup:
    return Markup((_ASSETS / name).read_text())  # noqa: S704 - our own file


def _source(name: str) -> str:
    """Return a hash source of the Content Security Policy (W3C CSP3, 2.3.1)."""
    digest = base64.b64encode(hashlib.sha256(_asset(name).encode()).digest()).decode()
    return f"'sha256-{digest}'"
