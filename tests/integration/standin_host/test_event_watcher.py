"""The local stack's Event Grid against a real storage emulator and the stand-in host, which asks for keys."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

from local.app_settings import ROOT
from local.errors import LocalError
from local.events.options import SCHEMAS, Schema
from local.events.webhook import Webhook
from local.processes import tied
from tests.emulated_storage import Storage, end, unique
from tests.integration.standin_host.standin_parts import App
from tests.waiting import until

SOURCE = """
@app.blob_trigger(arg_name="blob", path="%CONTAINER%/{name}", connection="AzureWebJobsStorage", source="EventGrid")
def written(blob: func.InputStream):
    saw(["written", blob.name])

@app.event_grid_trigger(arg_name="event")
def gone(event: func.EventGridEvent):
    saw([type(event).__name__, event.subject.rpartition("/")[2]])
"""
EVENT_CLASS = {"eventgrid": "EventGridEvent", "cloudevents": "CloudEvent"}


@contextmanager
def watching(app: App, url: str, *options: str) -> Iterator[None]:
    command = [sys.executable, "-m", "local", "events", "--app", url, *options]
    env = os.environ | dict(app.settings)
    process = subprocess.Popen(tied(command), cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        assert json.loads(process.stdout.readline()) == {"ready": True, "watching": 1}
        yield
        process.terminate()
        assert process.wait(20) == 0
    finally:
        end(process)


@pytest.mark.parametrize("schema", SCHEMAS)
def test_changes_reach_the_apps_functions_through_webhooks_that_ask_for_keys(
    app: App, storage: Storage, schema: Schema
) -> None:
    container = unique("watched")
    storage.upload(container, "old.txt")
    app.settings = {**app.settings, "AzureFunctionsWebHost__hostid": unique("hook"), "CONTAINER": container}
    with app.write(SOURCE).running("--enable-auth") as host, watching(app, host.url, "--schema", schema):
        storage.upload(container, "new ü#.txt")
        until(lambda: app.seen() == [["written", f"{container}/new ü#.txt"]], "the new blob")
        with storage.blobs() as service:
            service.get_blob_client(container, "old.txt").delete_blob()
        until(lambda: app.seen()[1:] == [[EVENT_CLASS[schema], "old.txt"]], "the deletion")


def test_an_app_that_does_not_answer_is_one_line(storage: Storage) -> None:
    command = [sys.executable, "-m", "local", "events", "--app", "http://127.0.0.1:1"]
    env = os.environ | {"AzureWebJobsStorage": storage.connection_string}
    ran = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr.startswith("dag-relay: the app does not answer at http://127.0.0.1:1: ")
    assert len(ran.stderr.splitlines()) == 1


async def delivered(*statuses: int) -> tuple[list[str], list[float]]:
    """Deliver one event to a webhook that answers so; return the delivery counts it saw, and the pauses between."""
    answers, counts, pauses = iter(statuses), [], []

    async def answer(request: web.Request) -> web.Response:
        counts.append(request.headers["aeg-delivery-count"])
        return web.Response(status=next(answers))

    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    app = web.Application()
    app.router.add_post("/", answer)
    async with TestServer(app) as server, ClientSession() as session:
        await Webhook(session, str(server.make_url("/")), "f", "k", sleep=pause).deliver(b"[]", {})
    return counts, pauses


def test_an_event_is_delivered_again_with_growing_pauses_until_it_is_taken() -> None:
    counts, pauses = asyncio.run(delivered(503, 500, 404, 202, 202))
    assert counts == ["0", "1", "2", "3"]
    assert pauses == [pytest.approx(base, rel=0.21) for base in (0.5, 1, 2)]


@pytest.mark.parametrize("status", [400, 401, 403, 413])
def test_an_event_that_never_will_be_taken_is_given_up(status: int) -> None:
    assert asyncio.run(delivered(status, 202)) == (["0"], [])


@pytest.mark.parametrize("schema", SCHEMAS)
def test_a_webhook_that_fails_the_handshake_gets_no_events(schema: Schema) -> None:
    async def shake_hands() -> None:
        async with TestServer(web.Application()) as server, ClientSession() as session:
            await Webhook(session, str(server.make_url("/")), "f", "k").shake_hands(schema)

    with pytest.raises(LocalError, match="the webhook of f does not take events"):
        asyncio.run(shake_hands())
