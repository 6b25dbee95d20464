"""How the stand-in starts, and what it takes from the settings."""

import pytest

from tests.emulated_storage import Storage, end
from tests.integration.standin_host.standin_parts import App

SOURCE = """
@app.route(route="things/{*rest}", auth_level=func.AuthLevel.ANONYMOUS)
def things(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(req.method, status_code=201)

@app.route(auth_level=func.AuthLevel.ANONYMOUS)
def traced(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    return func.HttpResponse(json.dumps([context.trace_context.trace_parent, context.trace_context.trace_state]))

@app.route(auth_level=func.AuthLevel.ADMIN)
def masters(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("in")

@app.route(auth_level=func.AuthLevel.ANONYMOUS)
def off(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("in")

@app.route(auth_level=func.AuthLevel.ANONYMOUS)
def fails(req: func.HttpRequest) -> func.HttpResponse:
    raise RuntimeError("a reason for the log")
"""


def test_settings_decide_over_prefix_body_limit_and_functions(app: App) -> None:
    app.write(SOURCE, '{"version": "2.0", "extensions": {"http": {"routePrefix": "v1/x"}}}')
    settings = {"FUNCTIONS_REQUEST_BODY_SIZE_LIMIT": "10", "AzureWebJobs.off.Disabled": "true"}
    with app.running(**settings) as host:
        assert host.post("/v1/x/things/5/a", data=b"1234567890").status_code == 201
        assert host.post("/v1/x/things/5/a", data=b"12345678901").status_code == 500
        assert host.get("/v1/x/off").status_code == 404
        assert host.get("/v1/x/masters").text == "in", "keys are asked for with --enable-auth only"


def test_a_callers_trace_goes_on_under_a_span_of_the_hosts_own(app: App) -> None:
    with app.write(SOURCE).running() as host:
        trace, span = "a" * 32, "b" * 16
        parent, state = host.get(
            "/api/traced", headers={"traceparent": f"00-{trace}-{span}-01", "tracestate": "x=1"}
        ).json()
        assert parent.startswith(f"00-{trace}-")
        assert (parent.endswith("-01"), span in parent, state) == (True, False, "x=1")
        new, state = host.get("/api/traced", headers={"traceparent": "nonsense", "tracestate": "x=1"}).json()
        assert (len(new), trace in new, state) == (55, False, "")


def test_runs_are_counted_and_the_reason_of_a_failure_is_in_the_log(app: App) -> None:
    with app.write(SOURCE).running() as host:
        assert (host.get("/api/fails").status_code, host.get("/api/things/a").status_code) == (500, 201)
        counts = host.get("/_standin/invocations").json()
    assert counts["fails"] == {"started": 1, "succeeded": 0, "failed": 1}
    assert counts["things"] == {"started": 1, "succeeded": 1, "failed": 0}
    assert "a reason for the log" in app.log.read_text()


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ('raise RuntimeError("RELAY_FACTORY is missing")', "RELAY_FACTORY is missing"),
        ("import no_such_module", "No module named 'no_such_module'"),
        ('app.route(route="{x:int}")(lambda req: None)', "maxlength"),
        ('app.route(route="admin/x")(lambda req: None)', "admin"),
        (
            """
@app.route()
def answers(req: func.HttpRequest): ...

@app.timer_trigger(arg_name="timer", schedule="0 0 0 ? * *")
def fires(timer: func.TimerRequest): ...
""",
            "day of month '?'",
        ),
    ],
)
def test_app_that_cannot_be_run_says_why_in_one_line(app: App, source: str, message: str) -> None:
    process = app.write(source).start()
    assert process.wait(30) == 1
    end(process)
    assert message in app.log.read_text()
    assert len(app.log.read_text().splitlines()) == 1


def test_port_in_use_is_one_line(app: App) -> None:
    with app.write(SOURCE).running() as host:
        port = int(host.url.rpartition(":")[2])
        other = App(app.folder.with_name("other"), app.settings).write(SOURCE)
        process = other.start("--port", str(port))
        assert process.wait(30) == 1
        end(process)
    assert str(port) in other.log.read_text()
    assert len(other.log.read_text().splitlines()) == 1


def test_keys_that_storage_does_not_hand_out_are_a_500(app: App, own_storage: Storage) -> None:
    app.settings = {"AzureWebJobsStorage": own_storage.connection_string}
    with app.write(SOURCE).running("--enable-auth") as host:
        assert host.get("/api/masters").status_code == 500
        assert host.get("/api/things/a").status_code == 201
