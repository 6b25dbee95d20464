"""The reference page in a real browser."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.e2e.browser import Scheme, Visit, visiting
from tests.e2e.conftest import running_stack


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with running_stack("--enable-auth") as (running, _):
        yield f"{running.addresses.app}/api/docs?code={running.function_key()}"


@pytest.fixture
def visit(browser: Browser, url: str, scheme: Scheme, width: int) -> Iterator[Visit]:
    with visiting(browser, url, scheme, width) as visit:
        yield visit


def test_it_reads_well_in_both_themes_and_widths(visit: Visit, tmp_path: Path) -> None:
    assert visit.page.get_by_role("heading", name="PUT /api/environments/{name}", exact=True).is_visible()
    assert visit.page.get_by_text("Authentication").is_visible()
    assert visit.fits()
    visit.page.screenshot(path=tmp_path / "page.png", full_page=True)
    assert (visit.strangers, visit.complaints) == ([], [])


def test_axe_finds_no_barrier(visit: Visit) -> None:
    assert visit.barriers() == []


def test_every_link_leads_to_a_place_on_the_page(visit: Visit) -> None:
    places = visit.page.locator("a[href^='#']").evaluate_all("links => links.map(link => link.hash.slice(1))")
    assert len(places) > 100
    assert [place for place in set(places) if visit.page.locator(f"[id='{place}']").count() != 1] == []


def test_a_link_of_the_contents_goes_to_the_operation(visit: Visit) -> None:
    visit.page.get_by_role("navigation").get_by_text("GET /api/routes/{route}/syncs/{id}", exact=True).click()
    assert visit.page.url.endswith("#show_sync")
    top = visit.page.locator("#show_sync").evaluate("section => section.getBoundingClientRect().top")
    assert -1 < top < 10


def test_it_can_be_read_without_javascript_and_its_document_opens(browser: Browser, url: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(url)
    assert page.get_by_text("Create or update an Airflow environment.").is_visible()
    with page.expect_response("**/api/openapi.json**") as opened:
        page.get_by_role("link", name="OpenAPI document").click()
    assert opened.value.json()["openapi"] == "3.1.0"
    context.close()
