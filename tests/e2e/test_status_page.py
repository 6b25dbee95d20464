"""The status page in a real browser."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Browser, Page

from tests.e2e.browser import Scheme, Visit, visiting
from tests.e2e.conftest import Running, running_stack
from tests.waiting import until

HOSTILE = "dags/<script>window.hacked=1</script><img src=x onerror=hacked=1>.py"
BROKEN = b"from airflow import DAG\n\ndef task(:\n"


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with running_stack("--enable-auth", RELAY_QUIET_SECONDS="1") as (running, _):
        running.container.create_container()
        running.upload("dags/first.py")
        running.upload(HOSTILE)
        running.upload("dags/broken.py", BROKEN)
        running.wait_for(lambda seen: seen.settled and seen.imports > 0, "the import")
        headers = {"x-functions-key": running.function_key()}
        url = f"{running.addresses.app}/api/routes/default"
        until(lambda: requests.get(url, headers=headers, timeout=60).json()["findings"]["count"], "the checks")
        yield running


@pytest.fixture(scope="module")
def key(running: Running) -> str:
    return running.function_key()


@pytest.fixture
def visit(browser: Browser, running: Running, key: str, scheme: Scheme, width: int) -> Iterator[Visit]:
    with visiting(browser, f"{running.addresses.app}/api/?code={key}", scheme, width) as visit:
        yield visit


def test_it_reads_well_in_both_themes_and_widths(visit: Visit, tmp_path: Path) -> None:
    page = visit.page
    assert page.get_by_role("heading", name="default").is_visible()
    assert page.get_by_text("All routes ready").is_visible()
    assert visit.fits()
    page.screenshot(path=tmp_path / "page.png", full_page=True)
    assert (visit.strangers, visit.complaints) == ([], [])


def test_what_is_wrong_with_a_file_stands_on_the_card_and_in_the_row_of_its_sync(visit: Visit) -> None:
    problem = visit.page.get_by_text("dags/broken.py, line 3: ")
    problem.first.wait_for()
    assert problem.count() == 2
    assert visit.page.get_by_text("All routes ready, with problems in files of default").is_visible()


def test_axe_finds_no_barrier(visit: Visit) -> None:
    visit.page.locator("summary").first.click()
    assert visit.barriers() == []


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
    assert requests.get(f"{running.addresses.app}/api/", timeout=60).status_code == 401
