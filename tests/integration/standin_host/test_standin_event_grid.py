"""The Event Grid trigger of the stand-in: what Event Grid posts, and what it gets for an answer."""

import json
from collections.abc import Iterator

import pytest

from tests.integration.standin_host.standin_parts import App, Standin, Storage, unique
from tests.waiting import until

SOURCE = """
@app.event_grid_trigger(arg_name="event")
def hears(event: func.EventGridEvent):
    saw([type(event).__name__, event.subject, event.get_json()])
    assert event.subject != "bad"
"""
PATH = "/runtime/webhooks/eventgrid?functionName=hears"
NOTIFICATION = {"aeg-event-type": "Notification"}
VALIDATION = {"aeg-event-type": "SubscriptionValidation"}
GRID = {"id": "1", "eventType": "T", "topic": "t", "eventTime": "2026-01-01T00:00:00.1234567Z", "data": {"n": 1}}
CLOUD = {"specversion": "1.0", "id": "1", "type": "T", "source": "t", "data": {"n": 2}}


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory, storage: Storage) -> Iterator[Standin]:
    app = App(tmp_path_factory.mktemp("events") / "app", {"AzureWebJobsStorage": storage.connection_string})
    with app.write(SOURCE).running() as host:
        yield host


def seen(host: Standin) -> list[object]:
    """Return what the function saw since the last look."""
    path = host.log.with_suffix(".seen")
    lines = path.read_text().splitlines() if path.exists() else []
    path.unlink(missing_ok=True)
    return sorted((json.loads(line) for line in lines), key=str)


def test_events_of_both_schemas_run_the_function_alone_or_in_a_list(host: Standin) -> None:
    for body in ([GRID | {"subject": "a"}, GRID | {"subject": "b"}], GRID | {"subject": "c"}, CLOUD | {"subject": "d"}):
        assert host.post(PATH, json=body, headers=NOTIFICATION).status_code == 202
    assert host.post(PATH.replace("eventgrid", "EventGrid"), json=[CLOUD], headers=NOTIFICATION).status_code == 202
    assert seen(host) == [
        ["CloudEvent", "d", {"n": 2}],
        ["CloudEvent", None, {"n": 2}],
        ["EventGridEvent", "a", {"n": 1}],
        ["EventGridEvent", "b", {"n": 1}],
        ["EventGridEvent", "c", {"n": 1}],
    ]


def test_one_run_that_fails_asks_for_all_events_again(host: Standin) -> None:
    answer = host.post(PATH, json=[GRID | {"subject": "good"}, GRID | {"subject": "bad"}], headers=NOTIFICATION)
    assert answer.status_code == 500
    assert len(seen(host)) == 2


def test_a_subscription_is_validated_in_both_schemas_and_ended(host: Standin) -> None:
    twice_encoded = CLOUD | {"data": json.dumps({"validationCode": "abc"})}
    for body in ([GRID | {"data": {"validationCode": "abc"}}], twice_encoded):
        answer = host.post(PATH, json=body, headers=VALIDATION)
        assert (answer.status_code, answer.json()) == (200, {"validationResponse": "abc"})
    handshake = host.request("OPTIONS", PATH, headers={"WebHook-Request-Origin": "eventgrid.azure.net"})
    assert (handshake.status_code, handshake.headers["WebHook-Allowed-Origin"]) == (200, "eventgrid.azure.net")
    assert host.request("OPTIONS", PATH).status_code == 400
    assert host.post(PATH, json=[], headers={"aeg-event-type": "Unsubscribe"}).status_code == 202
    assert seen(host) == []


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b"no json", NOTIFICATION),
        (b"", NOTIFICATION),
        (b"[]", NOTIFICATION),
        (b"[1]", NOTIFICATION),
        (b'"text"', NOTIFICATION),
        (b'{"data": {}}', VALIDATION),
        (b'{"data": "no json"}', VALIDATION),
        (b"{}", {"aeg-event-type": "Nonsense"}),
        (b"{}", {}),
    ],
)
def test_what_is_no_event_is_400_and_runs_nothing(host: Standin, body: bytes, headers: dict[str, str]) -> None:
    assert host.post(PATH, data=body, headers=headers).status_code == 400
    assert seen(host) == []


@pytest.mark.parametrize("function", ["", "?functionName=nothing", "?functionName=Host.Functions.hears"])
def test_an_unknown_function_is_404(host: Standin, function: str) -> None:
    path = f"/runtime/webhooks/eventgrid{function}"
    assert host.post(path, json=[GRID], headers=NOTIFICATION).status_code == 404


def test_the_admin_api_runs_the_function_for_an_event(host: Standin) -> None:
    given = {"input": json.dumps(GRID | {"subject": "manual"})}
    assert host.post("/admin/functions/hears", json=given).status_code == 202
    assert until(lambda: seen(host), "the run") == [["EventGridEvent", "manual", {"n": 1}]]
    assert host.post("/admin/functions/hears", json={"input": "no event"}).status_code == 400


def test_without_the_extensions_own_key_nobody_is_heard(app: App, storage: Storage) -> None:
    app.settings = {**app.settings, "AzureFunctionsWebHost__hostid": unique("keys")}
    with app.write(SOURCE).running("--enable-auth") as host:
        assert host.post(PATH, json=[GRID], headers=NOTIFICATION).status_code == 401
        with storage.blobs() as service:
            secrets = service.get_container_client("azure-webjobs-secrets")
            name = f"{app.settings['AzureFunctionsWebHost__hostid']}/host.json"
            keys = json.loads(secrets.download_blob(name).readall())
        system = {key["name"]: key["value"] for key in keys["systemKeys"]}
        wrong = ["wrong", system["blobs_extension"], keys["functionKeys"][0]["value"]]
        for key in wrong:
            assert host.post(f"{PATH}&code={key}", json=[GRID], headers=NOTIFICATION).status_code == 401
            assert host.request("OPTIONS", f"{PATH}&code={key}").status_code == 401
        assert app.seen() == []
        right = f"{PATH}&code={system['eventgrid_extension']}"
        assert host.post(right, json=[GRID], headers=NOTIFICATION).status_code == 202
