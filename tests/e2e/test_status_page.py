"""The status page in a real browser."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
import requests
from playwright.sync_api import Browser, Page, sync_playwright

from local.app_settings import ROOT
from tests.e2e.conftest import Running, running_stack

HOSTILE = "dags/<script>window.hacked=1</script><img src=x onerror=hacked=1>.py"
WIDTHS = {"narrow": 390, "wide": 1280}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    found = subprocess.run([ROOT / "scripts/find-chromium"], stdout=subprocess.PIPE, text=True, check=True)
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found.stdout.strip(), args=arguments)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with running_stack("--enable-auth", RELAY_QUIET_SECONDS="1") as (running, _):
        running.container.create_container()
        running.upload("dags/first.py")
        running.upload(HOSTILE)
        running.wait_for(lambda seen: seen.settled and seen.imports > 0, "the import")
        yield running


@pytest.fixture(scope="module")
def key(running: Running) -> str:
    return running.function_key()


class Visit:
    """A page with what happened on it: requests to other origins, messages on the console, errors of scripts."""

    def __init__(self, page: Page, running: Running) -> None:
        self.page = page
        self.strangers: list[str] = []
        self.complaints: list[str] = []
        page.on("request", lambda request: self._note(request.url, running.addresses.app))
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _note(self, url: str, origin: str) -> None:
        if not url.startswith((f"{origin}/", "data:")):
            self.strangers.append(url)


@pytest.fixture(params=["light", "dark"])
def scheme(request: pytest.FixtureRequest) -> Literal["light", "dark"]:
    return "dark" if request.param == "dark" else "light"


@pytest.fixture(params=WIDTHS)
def width(request: pytest.FixtureRequest) -> int:
    return WIDTHS[request.param]


@pytest.fixture
def visit(
    browser: Browser, running: Running, key: str, scheme: Literal["light", "dark"], width: int
) -> Iterator[Visit]:
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 900})
    visit = Visit(context.new_page(), running)
    visit.page.goto(f"{running.addresses.app}/api/?code={key}")
    yield visit
    context.close()


def test_it_reads_well_in_both_themes_and_widths(visit: Visit, tmp_path: Path) -> None:
    page = visit.page
    assert page.get_by_role("heading", name="default").is_visible()
    assert page.get_by_text("All routes ready").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    page.screenshot(path=tmp_path / "page.png", full_page=True)
    assert (visit.strangers, visit.complaints) == ([], [])


def test_axe_finds_nothing_that_keeps_anybody_out(visit: Visit) -> None:
    visit.page.locator("summary").first.click()
    visit.page.evaluate((ROOT / "node_modules/axe-core/axe.min.js").read_text())
    found = visit.page.evaluate("axe.run()")
    assert [(each["id"], each["help"]) for each in found["violations"]] == []
    assert len(found["passes"]) > 10


@pytest.fixture
def page(browser: Browser, running: Running, key: str) -> Iterator[Page]:
    context = browser.new_context()
    page = context.new_page()
    page.clock.install()
    page.goto(f"{running.addresses.app}/api/?code={key}")
    yield page
    context.close()


def test_a_hostile_name_in_the_folder_stays_text(page: Page) -> None:
    page.locator("summary").first.click()
    assert page.get_by_text(HOSTILE).is_visible()
    assert page.evaluate("window.hacked") is None


def test_the_buttons_suspend_resume_and_sync(page: Page, running: Running) -> None:
    page.get_by_role("button", name="Suspend, route default").click()
    page.get_by_text("Reconciling: Suspended").wait_for()
    page.get_by_role("button", name="Resume, route default").click()
    page.get_by_role("button", name="Suspend, route default").wait_for()
    before = running.observer.look()
    page.get_by_role("button", name="Sync now, route default").click()
    page.get_by_text("Sync now: done.").wait_for()
    running.settle(before)
    page.clock.fast_forward("00:11")
    page.get_by_text("unchanged", exact=True).first.wait_for()


def test_what_happens_meanwhile_appears_and_what_was_opened_stays_open(page: Page, running: Running) -> None:
    page.locator("summary").last.click()
    before = running.observer.look()
    running.upload("dags/meanwhile.py")
    running.settle(before)
    page.clock.fast_forward("00:11")
    page.get_by_text("airflow/dags/meanwhile.py").wait_for(state="attached")
    assert page.locator("details[open]").count() == 1


def test_an_app_that_stops_answering_is_said_instead_of_shown_as_fresh(page: Page) -> None:
    page.route("**/api/*", lambda route: route.abort())
    page.clock.fast_forward("00:11")
    alert = page.get_by_role("alert")
    alert.wait_for()
    assert "What is shown may be old" in alert.inner_text()


def test_it_can_be_read_without_javascript(browser: Browser, running: Running, key: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{running.addresses.app}/api/?code={key}")
    assert page.get_by_text("All routes ready").is_visible()
    assert page.get_by_text("Last syncs").is_visible()
    assert page.get_by_role("button").count() == 0
    context.close()


def test_it_asks_for_a_key(running: Running) -> None:
    assert requests.get(f"{running.addresses.app}/api/", timeout=10).status_code == 401
