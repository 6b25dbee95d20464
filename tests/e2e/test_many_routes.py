"""More routes than an environment variable holds, from a blob, on the whole stack."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Browser, Page

from tests.e2e.browser import Scheme, Visit, visiting
from tests.e2e.conftest import CONTAINER, Running, running_stack
from tests.waiting import until

ROUTES = [
    {
        "name": f"team-{n}",
        "environment": "sample-2",
        "linked_service": "AzureBlobStorage1",
        "folder": f"{CONTAINER}/department-of-team-{n}/airflow",
    }
    for n in range(1000)
]
LARGEST_VARIABLE = 128 * 1024


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    file = tmp_path_factory.mktemp("routes") / "routes.json"
    file.write_text(json.dumps(ROUTES))
    with running_stack("--routes", str(file), RELAY_QUIET_SECONDS="1", RELAY_SETTLE_SECONDS="1") as (running, _):
        running.container.create_container()
        yield running


def test_the_routes_come_from_the_blob(running: Running) -> None:
    assert len(json.dumps(ROUTES)) > LARGEST_VARIABLE
    shown = requests.get(f"{running.addresses.app}/api/routes", timeout=60).json()["value"]
    assert [route["name"] for route in shown] == [route["name"] for route in ROUTES]


def test_an_upload_for_one_of_them_is_imported(running: Running) -> None:
    running.upload("dags/a.py", folder="department-of-team-777/airflow")
    running.wait_for(lambda seen: seen.imports > 0, "the import")
    assert {each["folder"] for each in running.observer.imports()} == {ROUTES[777]["folder"]}


REFUSED = "team-500"
REFUSAL = {"error": {"code": "BadRequest", "message": "no such linked service"}}


@pytest.fixture(scope="module")
def address(running: Running) -> str:
    """The page's address, once a route is not ready, because its sync was refused."""
    running.fault({"method": "POST", "path_contains": "airflow/sync"}, {"status": 400, "body": REFUSAL}, times=100)
    running.upload("dags/a.py", folder=f"department-of-{REFUSED}/airflow")
    url = f"{running.addresses.app}/api/routes/{REFUSED}"
    until(lambda: requests.get(url, timeout=60).json()["failure"], "the refusal")
    return f"{running.addresses.app}/api/"


@pytest.fixture
def visit(browser: Browser, address: str, scheme: Scheme, width: int) -> Iterator[Visit]:
    with visiting(browser, address, scheme, width) as visit:
        yield visit


def names_on(page: Page) -> list[str]:
    return page.locator(".rows a, section h2").all_inner_texts()


def test_the_page_shows_the_worst_first_in_both_themes_and_widths(visit: Visit, tmp_path: Path) -> None:
    page = visit.page
    assert names_on(page)[:2] == [REFUSED, "team-0"]
    assert page.get_by_text(f"1 of 1,000 routes not ready: {REFUSED}").is_visible()
    assert page.get_by_text("No such linked service.").is_visible()
    assert visit.fits()
    page.screenshot(path=tmp_path / "many.png")
    assert (visit.strangers, visit.complaints) == ([], [])


def test_axe_finds_nothing_that_keeps_anybody_out(visit: Visit) -> None:
    assert visit.barriers() == []


@pytest.fixture(params=[True, False], ids=["script", "no script"])
def page(browser: Browser, address: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    context = browser.new_context(java_script_enabled=request.param)
    page = context.new_page()
    page.goto(address)
    yield page
    context.close()


def test_a_reader_searches_filters_and_turns_pages(page: Page) -> None:
    page.get_by_role("link", name="Next").click()
    page.get_by_text("101 to 200 of 1,000 routes").wait_for()
    page.get_by_label("Search by name").fill("team-77")
    page.get_by_label("Search by name").press("Enter")
    page.get_by_text("1 to 11 of 11 routes").wait_for()
    page.get_by_role("link", name="team-777").click()
    page.get_by_role("heading", name="team-777").wait_for()
    page.get_by_role("link", name="Back to all routes").click()
    page.get_by_text("1 to 11 of 11 routes").wait_for()
    page.get_by_label("Search by name").fill("")
    page.get_by_role("button", name="Search").click()
    page.get_by_text("1 to 100 of 1,000 routes").wait_for()
    page.get_by_role("link", name="Not ready").click()
    page.get_by_role("heading", name=REFUSED).wait_for()
    assert names_on(page) == [REFUSED]


def test_what_is_typed_is_searched_for_at_once(visit: Visit) -> None:
    search = visit.page.get_by_label("Search by name")
    search.press_sequentially("team-777")
    visit.page.get_by_role("heading", name="team-777").wait_for()
    assert "search=team-777" in visit.page.url
    assert search.input_value() == "team-777"
    assert search.evaluate("box => box === document.activeElement")
    assert (visit.strangers, visit.complaints) == ([], [])
