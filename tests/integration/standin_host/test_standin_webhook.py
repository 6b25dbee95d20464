import json

import pytest

from tests.integration.standin_host.standin_parts import App, Storage, unique
from tests.waiting import until

SOURCE = """
@app.blob_trigger(arg_name="blob", path="%CONTAINER%/in/{name}", connection="AzureWebJobsStorage", source="EventGrid")
def reads(blob: func.InputStream):
    saw(blob.name)
"""
PATH = "/runtime/webhooks/blobs?functionName=Host.Functions.reads"
NOTIFICATION = {"aeg-event-type": "Notification"}


@pytest.fixture
def container(app: App, storage: Storage) -> str:
    name = unique("events")
    app.settings = {**app.settings, "CONTAINER": name, "AzureFunctionsWebHost__hostid": unique("hook")}
    storage.upload(name, "in/a b#.txt")
    storage.upload(name, "out/b.txt")
    return name


def url_of(storage: Storage, container: str, name: str) -> str:
    with storage.blobs() as service:
        return str(service.get_blob_client(container, name).url)


def test_both_event_schemas_run_the_function(app: App, storage: Storage, container: str) -> None:
    data = {"url": url_of(storage, container, "in/a b#.txt"), "eTag": "0x1"}
    event_grid = [{"eventType": "Microsoft.Storage.BlobCreated", "data": data}]
    cloud_event = {"specversion": "1.0", "type": "Microsoft.Storage.BlobCreated", "data": data}
    other = {"specversion": "1.0", "data": {"url": url_of(storage, container, "out/b.txt")}}
    with app.write(SOURCE).running() as host:
        for content in (event_grid, cloud_event, other):
            assert host.post(PATH, json=content, headers=NOTIFICATION).status_code == 202
        until(lambda: host.count("reads") == 2, "both events ran")
    assert app.seen() == [f"{container}/in/a b#.txt"] * 2


def test_subscription_is_validated_and_ended(app: App, container: str) -> None:
    del container
    with app.write(SOURCE).running() as host:
        validation = {"aeg-event-type": "SubscriptionValidation"}
        answer = host.post(PATH, json=[{"data": {"validationCode": "abc"}}], headers=validation)
        assert (answer.status_code, answer.json()) == (200, {"validationResponse": "abc"})
        assert host.post(PATH, json=[], headers={"aeg-event-type": "Unsubscribe"}).status_code == 202
        handshake = host.request("OPTIONS", PATH, headers={"WebHook-Request-Origin": "eventgrid.azure.net"})
        assert handshake.headers["WebHook-Allowed-Origin"] == "eventgrid.azure.net"


def test_malformed_events_are_400(app: App, container: str) -> None:
    del container
    validation = {"aeg-event-type": "SubscriptionValidation"}
    malformed = [
        (b"no json", NOTIFICATION),
        (b"[]", NOTIFICATION),
        (b'[{"data": 1}]', NOTIFICATION),
        (b'{"data": {"url": "http://127.0.0.1/"}}', NOTIFICATION),
        (b'{"data": {}}', validation),
        (b'{"data": {}}', {}),
    ]
    with app.write(SOURCE).running() as host:
        answers = [host.post(PATH, data=body, headers=headers).status_code for body, headers in malformed]
    assert answers == [400] * len(malformed)


def test_wrong_or_missing_key_is_401_and_the_admin_api_tells_the_right_one(
    app: App, storage: Storage, container: str
) -> None:
    event = {"data": {"url": url_of(storage, container, "in/a b#.txt")}}
    with app.write(SOURCE).running("--enable-auth") as host:
        for path in (PATH, f"{PATH}&code=wrong"):
            assert host.post(path, json=event, headers=NOTIFICATION).status_code == 401
            assert host.request("OPTIONS", path, headers={"WebHook-Request-Origin": "x"}).status_code == 401
        with storage.blobs() as service:
            secrets = service.get_container_client("azure-webjobs-secrets")
            name = f"{app.settings['AzureFunctionsWebHost__hostid']}/host.json"
            master = json.loads(secrets.download_blob(name).readall())["masterKey"]["value"]
        key = host.get("/admin/host/systemkeys/blobs_extension", headers={"x-functions-key": master}).json()["value"]
        assert host.post(f"{PATH}&code={key}", json=event, headers=NOTIFICATION).status_code == 202
        until(app.seen, "the event ran")
