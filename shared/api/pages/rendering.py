"""Drawing pages: templates that escape whatever they are given, with style and script in the page itself."""

import base64
import hashlib
from dataclasses import dataclass
from functools import cache, cached_property
from http import HTTPStatus
from pathlib import Path

import azure.functions as func
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from shared.visible import with_visible_turns

_PAGES = Path(__file__).parent


@dataclass(frozen=True)
class Page:
    """The page in a folder beside this module: `page.html`, `page.css` and, where it acts, `page.js`.

    One that `asks_again` has forms that lead to the app itself.
    """

    folder: str
    asks_again: bool = False

    def answer(self, status: HTTPStatus, **values: object) -> func.HttpResponse:
        """Answer with the page; raise jinja2.UndefinedError where its template names what is not in `values`."""
        template = _templates().get_template(f"{self.folder}/page.html")
        content = template.render(values, style=self._style, script=self._script)
        return func.HttpResponse(content, status_code=status, headers=self._headers, mimetype="text/html")

    @cached_property
    def _style(self) -> Markup:
        return _asset("common.css") + _asset(f"{self.folder}/page.css")

    @cached_property
    def _script(self) -> Markup | None:
        name = f"{self.folder}/page.js"
        return _asset(name) if (_PAGES / name).exists() else None

    @cached_property
    def _headers(self) -> dict[str, str]:
        """Headers that let only the page's own style and script run, and keep its address private.

        The address may hold the key, so it must reach neither a cache nor another host (`Referrer-Policy`).
        """
        return {
            "Content-Security-Policy": _policy(self._style, self._script, asks_again=self.asks_again),
            "Cache-Control": "no-store",
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
        }


def _policy(style: str, script: str | None, *, asks_again: bool) -> str:
    acting = {"script-src": _source(script), "connect-src": "'self'"} if script else {}
    policy = {
        "default-src": "'none'",
        "style-src": _source(style),
        **acting,
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'self'" if asks_again else "'none'",
        "frame-ancestors": "'none'",
    }
    return "; ".join(f"{directive} {source}" for directive, source in policy.items())


def _source(content: str) -> str:
    """Return a hash source of the Content Security Policy (W3C CSP3, 2.3.1)."""
    digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
    return f"'sha256-{digest}'"


@cache
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(_PAGES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        finalize=_shown,
    )


def _shown(value: object) -> object:
    return with_visible_turns(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _asset(name: str) -> Markup:
    return Markup((_PAGES / name).read_text(encoding="utf-8"))  # noqa: S704 - our own file
