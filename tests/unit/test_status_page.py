import base64
import hashlib
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http import HTTPStatus

import azure.functions as func
import pytest
from azure.core.exceptions import ServiceRequestError
from jinja2 import UndefinedError

from shared.api.pages.rendering import Page
from shared.api.pages.status.overview import UNKNOWN_STATE, Wanted, overview
from shared.api.pages.status.status_page import SYNCS_SHOWN, StatusPage, ago
from shared.api.routes.shown import SharedSettings
from shared.errors import ServiceRefusal
from shared.folder.checks import Finding
from shared.folder.manifest import Ignored, IgnoredFile
from shared.route import Route
from shared.sync.decide import Policy
from shared.sync.state import Failure, Held, OpenFindings, RouteState, Synced
from tests.unit.airflow.airflow_in_memory import AirflowInMemory
from tests.unit.memory import NOON, Clock, make_route
from tests.unit.world import ROUTE, World

SHARED = SharedSettings(
    Policy(quiet=timedelta(seconds=5), longest_wait=timedelta(seconds=60), dag_checks="off"), "0 */5 * * * *"
)
REQUEST = func.HttpRequest(method="GET", url="/api/", body=b"")


@pytest.fixture
def world() -> World:
    return World()


def page_of(world: World, *routes: Route) -> StatusPage:
    def clock_of_the_app() -> datetime:
        return world.clock.now() + timedelta(hours=1)

    return StatusPage(routes or (ROUTE,), world.states, world.records, SHARED, clock_of_the_app)


def shown(world: World, *routes: Route, **query: str) -> tuple[int, str]:
    request = func.HttpRequest(method="GET", url="/api/", params=query, body=b"")
    response = page_of(world, *routes).show(request)
    return response.status_code, response.get_body().decode()


def test_a_synced_route_is_shown_with_its_last_syncs(world: World) -> None:
    world.worker.reconcile(ROUTE)
    status, page = shown(world)
    assert status == 200
    for text in ("All routes ready", "Ready: Synced", "accepted", "airflow/dags/dag_0.py"):
        assert text in page


def test_a_refused_route_shows_arms_words_and_request_id(world: World) -> None:
    world.answer = ServiceRefusal("no such linked service", code="BadRequest", status=400, request_id="r-1")
    world.worker.reconcile(ROUTE)
    _, page = shown(world, ROUTE, make_route("other"))
    for text in ("1 of 2 routes not ready: default", "No such linked service.", "r-1", "refused"):
        assert text in page


def test_files_that_are_not_imported_are_named_with_the_reason(world: World) -> None:
    world.folder = replace(world.folder, ignored=Ignored(2, (IgnoredFile("airflow/dags//x.py", "it has two slashes"),)))
    world.worker.reconcile(ROUTE)
    _, page = shown(world)
    for text in ("Files that are not imported", "<bdi>airflow/dags//x.py</bdi>", "it has two slashes", "and 1 more"):
        assert text in page


def test_a_name_that_turns_the_text_direction_is_isolated_and_its_control_made_visible_everywhere(world: World) -> None:
    turned = "airflow/dags/\u202eyp.exe\u2069.py"
    first, *others = world.folder.files
    ignored = Ignored(1, (IgnoredFile(turned, "it is elsewhere"),))
    world.folder = replace(world.folder, files=(replace(first, name=turned), *others), ignored=ignored)
    world.worker.reconcile(ROUTE)
    world.clock.seconds = 200
    world.answer = ServiceRefusal(f"cannot import {turned}", code="BadRequest", status=400)
    world.commands.request_sync(ROUTE, force=True)
    world.worker.reconcile(ROUTE)
    _, page = shown(world)
    assert not {"\u202e", "\u2069"}.intersection(page)
    assert page.count("<bdi>airflow/dags/\\u202eyp.exe\\u2069.py</bdi>") == 2
    assert "<bdi>Cannot import airflow/dags/\\u202eyp.exe" in page


def test_whatever_comes_from_outside_is_escaped(world: World) -> None:
    world.answer = ServiceRefusal("<b>bold</b>", code="<i>", status=400)
    world.worker.reconcile(ROUTE)
    _, page = shown(world)
    assert "&lt;b&gt;bold&lt;/b&gt;" in page
    assert not re.search("<[bi]>", page)


def test_airflows_errors_stand_on_the_card_and_in_the_row_of_the_sync() -> None:
    airflow = AirflowInMemory(Clock(seconds=100))
    world = World(clock=airflow.clock_of_storage, airflow=airflow)
    world.worker.reconcile(ROUTE)
    airflow.errors = {"dag_0.py": '  File "dag_0.py", line 3\nSyntaxError: <b>invalid</b> syntax'}
    world.clock.seconds = 1000
    world.worker.reconcile(ROUTE)
    _, page = shown(world)
    words = "airflow/dags/dag_0.py, line 3: SyntaxError: &lt;b&gt;invalid&lt;/b&gt; syntax"
    assert page.count(f'<li class="bad"><bdi>{words}</bdi></li>') == 2
    for text in ("Parsed: ImportErrors", "with problems in files of default", "accepted"):
        assert text in page


def test_airflows_words_take_the_place_of_a_finding_that_says_the_same() -> None:
    airflow = AirflowInMemory(Clock(seconds=100))
    world = World(clock=airflow.clock_of_storage, airflow=airflow, checks="warn")
    world.contents = {"airflow/dags/dag_0.py": b"from airflow import DAG\ndef dag(:\n"}
    world.worker.reconcile(ROUTE)
    airflow.errors = {"dag_0.py": '  File "dag_0.py", line 2\nSyntaxError: invalid syntax'}
    world.clock.seconds = 1000
    world.worker.reconcile(ROUTE)
    _, page = shown(world)
    assert page.count('<li class="bad"><bdi>airflow/dags/dag_0.py, line 2: SyntaxError: invalid syntax</bdi></li>') == 2
    assert '<li class="bad"><bdi>dags/dag_0.py' not in page


def test_findings_of_the_last_sync_stand_on_the_card_and_in_its_row() -> None:
    world = World(checks="warn")
    world.contents = {"airflow/dags/dag_0.py": b"from airflow import DAG\ndef dag(:\n"}
    world.worker.reconcile(ROUTE)
    _, page = shown(world)
    assert page.count('<li class="bad"><bdi>dags/dag_0.py, line 2: ') == 2
    assert "with problems in files of default" in page


def test_the_worst_findings_come_first_and_the_rest_is_counted() -> None:
    world = World(checks="warn")
    world.at(100, *[0.0] * 5)
    warned, broken = b"from airflow import DAG\nDAG('same')\n", b"from airflow import DAG\ndef dag(:\n"
    world.contents = {f"airflow/dags/dag_{n}.py": broken if n == 4 else warned for n in range(5)}
    world.worker.reconcile(ROUTE)
    found = world.state().findings
    assert (found.first[0].file, found.first[0].blocking) == ("dags/dag_4.py", True)
    assert f'<li class="quiet">and {found.count - 3} more</li>' in shown(world)[1]


def test_only_the_newest_syncs_are_shown(world: World) -> None:
    for n in range(SYNCS_SHOWN + 2):
        world.at(100 + 100 * n, 0, 50 + 100 * n, content=f"v{n}")
        world.worker.reconcile(ROUTE)
    assert shown(world)[1].count("<details") == SYNCS_SHOWN


def test_a_suspended_route_can_be_resumed_and_a_running_one_suspended(world: World) -> None:
    assert 'data-url="/api/routes/default/suspend"' in shown(world)[1]
    world.commands.suspend(ROUTE)
    assert 'data-url="/api/routes/default/resume"' in shown(world)[1]


def test_ages_go_by_storages_clock_whatever_the_apps_clock_says(world: World) -> None:
    world.worker.reconcile(ROUTE)
    _, page = shown(world)
    assert "just now" in page
    assert "hour ago" not in page


def test_storage_that_fails_is_a_page_that_says_so(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ServiceRequestError("connection refused to https://account/secret")

    monkeypatch.setattr(world.states, "read_all", fail)
    status, page = shown(world)
    assert status == 503
    assert "storage is unavailable" in page
    assert "secret" not in page


MANY = [make_route(f"team-{n}", f"environment-{n}", f"files/team-{n}") for n in range(1000)]


@pytest.fixture(scope="module")
def many() -> World:
    """A thousand routes: one fails, one is held, one has a problem in a file, one is suspended and so on."""
    world = World()
    synced = Synced(revision="r", listed_at=NOON, files=1, sync_id="1")
    failure = Failure(
        sync_id="2", revision="s", transient=True, count=1, at=NOON, next_attempt=NOON, code="BadGateway", message="bad"
    )
    held = Held(revision="s", reason="FolderEmpty", sentence="the folder is empty", since=NOON - timedelta(days=1))
    broken = OpenFindings(count=1, first=(Finding("dags/a.py", 3, "no-syntax", "cannot be parsed", blocking=True),))
    special: dict[int, dict[str, object]] = {
        500: {"failure": failure},
        600: {"held": held},
        700: {"findings": broken},
        800: {"suspended_since": NOON},
        900: {"burst_since": NOON},
        901: {"synced": None},
        902: {"synced": synced.model_copy(update={"revision": None})},
    }
    for n, route in enumerate(MANY):
        state = RouteState(synced=synced).model_copy(update=special.get(n, {}))
        world.states.update(route, lambda *_, state=state: state)
    return world


def names_in(page: str) -> list[str]:
    return re.findall('id="(?:row|route)-([a-z0-9-]+)"', page)


def test_many_routes_are_rows_on_pages_worst_first(many: World) -> None:
    _, page = shown(many, *MANY)
    assert names_in(page)[:5] == ["team-600", "team-500", "team-700", "team-0", "team-1"]
    assert "2 of 1,000 routes not ready: team-500, team-600" in page
    for text in (
        "1 to 100 of 1,000 routes",
        "The folder is empty.",
        "dags/a.py, line 3: cannot be parsed",
        'rel="next"',
    ):
        assert text in page
    _, last = shown(many, *MANY, page="10")
    assert names_in(last)[-1] == "team-999"
    assert 'rel="next"' not in last


def test_every_route_is_on_one_of_the_pages(many: World) -> None:
    names = [name for n in range(1, 11) for name in names_in(shown(many, *MANY, page=str(n))[1])]
    assert sorted(names) == sorted(route.name for route in MANY)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"search": "Team-77"}, ["team-77", *(f"team-77{n}" for n in range(10))]),
        ({"search": " team-777 "}, ["team-777"]),
        ({"search": "nowhere"}, []),
        ({"state": "not-ready"}, ["team-600", "team-500"]),
        ({"state": "problems"}, ["team-700"]),
        ({"state": "suspended"}, ["team-800"]),
        ({"state": "working"}, ["team-900", "team-902"]),
        ({"state": "never-synced"}, ["team-901"]),
        ({"state": "not-ready", "search": "team-5"}, ["team-500"]),
        ({"route": "team-7"}, ["team-7"]),
    ],
)
def test_a_search_and_a_state_choose_routes(many: World, query: dict[str, str], names: list[str]) -> None:
    assert names_in(shown(many, *MANY, **query)[1]) == names


@pytest.mark.parametrize(
    "query", [{"state": "odd"}, {"page": "-1"}, {"page": "x"}, {"page": "9" * 400}, {"other": "1"}]
)
def test_a_query_without_sense_shows_all_routes(many: World, query: dict[str, str]) -> None:
    status, page = shown(many, *MANY, **query)
    assert (status, len(names_in(page))) == (200, 100)


def test_few_routes_are_shown_in_full_and_many_are_counted_by_state(many: World) -> None:
    _, page = shown(many, *MANY, search="team-5", state="not-ready")
    assert '<section class="card bad-edge"' in page
    counts = re.findall(r'id="state-([a-z-]+)"[^>]*>[^<]*<span class="quiet">([\d,]+)<', page)
    assert {state: count for state, count in counts if count != "0"} == {"all": "111", "not-ready": "1", "ready": "110"}
    assert "Search by name" not in shown(many, *MANY[:10])[1]


def test_links_keep_the_key_and_what_was_asked_for(many: World) -> None:
    _, page = shown(many, *MANY, code="a&b", search="team-7", page="2")
    assert 'href="?code=a%26b&amp;search=team-7" rel="prev"' in page
    assert 'href="?code=a%26b&amp;search=team-7&amp;state=ready"' in page
    assert '<input type="hidden" name="code" value="a&amp;b">' in page
    assert "code" not in "".join(re.findall('href="([^"]*)"', shown(many, *MANY)[1]))


def test_the_requests_of_the_page_do_not_grow_with_the_routes(many: World) -> None:
    before = many.documents.requests
    shown(many, *MANY)
    assert many.documents.requests - before == 1


def test_many_routes_that_are_not_ready_are_not_all_named(world: World) -> None:
    held = Held(revision="s", reason="FolderEmpty", sentence="the folder is empty", since=NOON)
    for route in MANY[:30]:
        world.states.update(route, lambda *_: RouteState(held=held))
    _, page = shown(world, *MANY[:30])
    assert "30 of 30 routes not ready: team-0, team-1, team-2, team-3, team-4 and 25 more" in page


def test_a_name_that_the_template_does_not_get_is_an_error_and_no_gap() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    with pytest.raises(UndefinedError, match="trouble"):
        Page("status").answer(HTTPStatus.OK, now=now, cards=[], overall=UNKNOWN_STATE, shown=overview([], Wanted()))


def test_only_the_pages_own_style_and_script_are_allowed(world: World) -> None:
    response = page_of(world).show(REQUEST)
    policy = response.headers["Content-Security-Policy"]
    for element in ("style", "script"):
        (inline,) = re.findall(f"<{element}>(.*?)</{element}>", response.get_body().decode(), re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(inline.encode()).digest()).decode()
        assert f"{element}-src 'sha256-{digest}'" in policy
    assert "unsafe" not in policy
    assert "form-action 'self';" in policy
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-5, "just now"), (59, "just now"), (60, "1 minute ago"), (7200, "2 hours ago"), (90_000, "1 day ago")],
)
def test_ages_are_told_in_their_largest_unit(seconds: int, text: str) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    assert ago(now - timedelta(seconds=seconds), now) == text
