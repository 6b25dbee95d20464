"""A real browser for tests of pages, and what happens on a page that it visits."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, sync_playwright

from local.app_settings import ROOT

Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
WIDTHS = {"narrow": 390, "wide": 1280}


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start the browser that this machine has."""
    found = subprocess.run([ROOT / "scripts/find-chromium"], stdout=subprocess.PIPE, text=True, check=True)
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found.stdout.strip(), args=arguments)
        yield browser
        browser.close()


class Visit:
    """A page with what happened on it: requests to other origins, messages on the console, errors of scripts."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.strangers: list[str] = []
        self.complaints: list[str] = []
        address = urlsplit(url)
        self._own = (f"{address.scheme}://{address.netloc}/", "data:")
        page.on("request", lambda request: self._note(request.url))
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.goto(url)

    def fits(self) -> bool:
        """Return whether nothing lies beyond the window's edge."""
        root = "document.documentElement"
        return bool(self.page.evaluate(f"{root}.scrollWidth <= {root}.clientWidth"))

    def barriers(self) -> list[tuple[str, str]]:
        """Return the barriers, as far as axe can tell."""
        self.page.evaluate((ROOT / "node_modules/axe-core/axe.min.js").read_text())
        found = self.page.evaluate("axe.run()")
        assert len(found["passes"]) > 10
        return [(each["id"], each["help"]) for each in found["violations"]]

    def _note(self, url: str) -> None:
        if not url.startswith(self._own):
            self.strangers.append(url)


@contextmanager
def visiting(browser: Browser, url: str, scheme: Scheme, width: int) -> Iterator[Visit]:
    """Visit a page in a window of its own."""
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 900})
    yield Visit(context.new_page(), url)
    context.close()
