import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.integration.standin_host.standin_parts import App, Storage, end
from tests.waiting import until

SOURCE = """
@app.route(route="things/{id:int}/{*rest}", methods=["GET", "POST"], auth_level=func.AuthLevel.ANONYMOUS)
def things(req: func.HttpRequest) -> func.HttpResponse:
    answer = {
        "route": dict(req.route_params), "query": dict(req.params), "headers": dict(req.headers),
        "body": req.get_body().decode(), "method": req.method,
    }
    return func.HttpResponse(json.dumps(answer), status_code=201, headers={"X-Own": "yes"}, mimetype="application/json")

@app.route(route="things/7/special", auth_level=func.AuthLevel.ANONYMOUS)
def special(req: func.HttpRequest) -> str:
    return "special"

@app.route(auth_level=func.AuthLevel.ANONYMOUS)
def fails(req: func.HttpRequest) -> func.HttpResponse:
    raise RuntimeError("a reason for the log")

@app.route(auth_level=func.AuthLevel.FUNCTION)
def guarded(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("in")

@app.route(auth_level=func.AuthLevel.ANONYMOUS)
def traced(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    return func.HttpResponse(json.dumps([context.trace_context.trace_parent, context.trace_context.trace_state]))

@app.route(auth_level=func.AuthLevel.ADMIN)
def masters(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("in")

@app.route(auth_level=func.AuthLevel.ANONYMOUS)
def off(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("in")
"""


def test_request_and_response_travel_through_the_worker(app: App) -> None:
    with app.write(SOURCE).running() as host:
        response = host.post("/api/Things/5/a%20b/c%2Fd?x=1&empty=&x=2", data=b"body", headers={"X-Some": "Thing"})
        answer = response.json()
        assert (response.status_code, response.headers["X-Own"]) == (201, "yes")
        assert answer["route"] == {"id": "5", "rest": "a b/c%2Fd"}
        assert answer["query"] == {"x": "1,2"}
        assert answer["headers"]["x-some"] == "Thing"
        assert (answer["body"], answer["method"]) == ("body", "POST")
        assert host.get("/api/things/7/special").text == "special"
        assert host.get("/api/things/5/a%0Ab").json()["route"]["rest"] == "a\nb"


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


def test_what_fits_no_route_is_404_and_what_raises_is_an_empty_500(app: App) -> None:
    with app.write(SOURCE).running(**{"AzureWebJobs.off.Disabled": "true"}) as host:
        assert host.get("/api/things/x/y").status_code == 404
        assert host.request("DELETE", "/api/things/5/y").status_code == 404
        assert host.get("/things/5/y").status_code == 404
        assert host.get("/api/off").status_code == 404
        failure = host.get("/api/fails")
        assert (failure.status_code, failure.content) == (500, b"")
        assert host.count("fails", "failed") == 1
    assert "a reason for the log" in app.log.read_text()


def test_prefix_and_body_limit_come_from_the_settings(app: App) -> None:
    app.write(SOURCE, '{"version": "2.0", "extensions": {"http": {"routePrefix": "v1/x"}}}')
    with app.running(FUNCTIONS_REQUEST_BODY_SIZE_LIMIT="10") as host:
        assert host.post("/v1/x/things/5/a", data=b"1234567890").status_code == 201
        assert host.post("/v1/x/things/5/a", data=b"12345678901").status_code == 413


def test_keys_are_bypassed_unless_auth_is_enabled(app: App) -> None:
    with app.write(SOURCE).running() as host:
        assert host.get("/api/guarded").text == "in"
        assert host.get("/api/masters").text == "in"


def test_levels_ask_for_their_keys(app: App, storage: Storage) -> None:
    with app.write(SOURCE).running("--enable-auth", AzureFunctionsWebHost__hostid="http-test") as host:
        assert host.get("/api/guarded").status_code == 401
        function_key, master = stored_keys("http-test", storage)
        assert host.get("/api/guarded", headers={"x-functions-key": function_key}).text == "in"
        assert host.get(f"/api/guarded?code={function_key}").text == "in"
        assert host.get(f"/api/guarded?code={function_key}", headers={"x-functions-key": "bad"}).status_code == 401
        assert host.get("/api/masters", headers={"x-functions-key": function_key}).status_code == 401
        assert host.get("/api/masters", headers={"x-functions-key": master}).text == "in"
        assert host.get("/api/things/5/a").status_code == 201
        assert host.get("/admin/functions").status_code == 401
        assert host.get("/admin/functions", headers={"x-functions-key": master}).status_code == 200


def stored_keys(host_id: str, storage: Storage) -> tuple[str, str]:
    with storage.blobs() as service:
        container = service.get_container_client("azure-webjobs-secrets")
        own = json.loads(container.download_blob(f"{host_id}/guarded.json").readall())
        host = json.loads(container.download_blob(f"{host_id}/host.json").readall())
    return own["keys"][0]["value"], host["masterKey"]["value"]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ('raise RuntimeError("RELAY_FACTORY is missing")', "RELAY_FACTORY is missing"),
        ("import no_such_module", "No module named 'no_such_module'"),
        ('app.route(route="{x:nonsense}")(lambda req: None)', "nonsense"),
    ],
)
def test_app_that_cannot_be_indexed_says_why_in_one_line(app: App, source: str, message: str) -> None:
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


def test_stop_waits_for_a_running_function_and_exits_with_0(app: App) -> None:
    app.write("""
import time

@app.route(auth_level=func.AuthLevel.ANONYMOUS)
def slow(req: func.HttpRequest) -> str:
    saw("begun")
    time.sleep(1)
    return "done"
""")
    with app.running() as host, ThreadPoolExecutor() as pool:
        answer = pool.submit(host.get, "/api/slow")
        until(app.seen, "the function runs")
        host.process.terminate()
        assert answer.result().text == "done"
        assert host.process.wait(20) == 0
    assert "Traceback" not in app.log.read_text()


def test_keys_that_storage_does_not_hand_out_are_a_503(app: App, own_storage: Storage) -> None:
    app.settings = {"AzureWebJobsStorage": own_storage.connection_string}
    with app.write(SOURCE).running("--enable-auth") as host:
        assert host.get("/api/guarded").status_code == 503
        assert host.get("/api/things/5/a").status_code == 201
