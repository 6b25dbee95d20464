"""What the stand-in has for developers and tests: runs on demand, shorter locks, and an emulator that hangs."""

import json
import signal

from tests.emulated_storage import Storage, unique
from tests.integration.standin_host.standin_parts import App, Standin
from tests.waiting import until

ON_DEMAND = """
@app.queue_trigger(arg_name="message", queue_name="%NAME%", connection="AzureWebJobsStorage")
def works(message: func.QueueMessage):
    saw(["works", message.get_body().decode(), message.dequeue_count])

@app.blob_trigger(arg_name="blob", path="%NAME%/in/{name}.txt", connection="AzureWebJobsStorage")
def reads(blob: func.InputStream):
    saw(["reads", blob.name.partition("/")[2], blob.length, blob.read().decode(), blob.uri.rpartition("/")[2]])

@app.timer_trigger(arg_name="timer", schedule="0 0 * * * *")
def hourly(timer: func.TimerRequest):
    saw(["hourly", timer.past_due])

@app.event_grid_trigger(arg_name="event")
def hears(event: func.EventGridEvent):
    saw(["hears", event.subject])
"""
SLOW = """
import time

@app.queue_trigger(arg_name="message", queue_name="%NAME%", connection="AzureWebJobsStorage")
def works(message: func.QueueMessage):
    saw(message.dequeue_count)
    time.sleep(4 if message.get_body() == b"long" else 60 if message.dequeue_count == 1 else 0)
"""
TICKS = """
@app.timer_trigger(arg_name="timer", schedule="* * * * * *")
def ticks(timer: func.TimerRequest):
    saw("tick")
"""
BLOBS = """
@app.blob_trigger(arg_name="blob", path="%NAME%/{name}", connection="AzureWebJobsStorage")
def reads(blob: func.InputStream):
    saw(blob.name)
"""
EVENT = {"id": "1", "eventType": "T", "topic": "t", "eventTime": "2026-01-01T00:00:00Z", "data": {}, "subject": "s"}


def test_the_admin_api_runs_every_kind_of_function_with_an_input(app: App, storage: Storage) -> None:
    name = unique("demand")
    storage.upload(name, "elsewhere/c.md", b"text")
    inputs = {"works": "by hand", "reads": f"{name}/elsewhere/c.md", "hourly": "", "hears": json.dumps(EVENT)}
    with app.write(ON_DEMAND).running(NAME=name) as host:
        for function, given in inputs.items():
            assert host.post(f"/admin/functions/{function}", json={"input": given}).status_code == 202
        until(lambda: len(app.seen()) == len(inputs), "all ran")
        assert host.post("/admin/functions/hears", json={"input": "no event"}).status_code == 400
        assert host.post("/admin/functions/reads", json={"input": "no-blob"}).status_code == 400
        assert host.post("/admin/functions/nothing", json={}).status_code == 404
    assert sorted(app.seen()) == [
        ["hears", "s"],
        ["hourly", False],
        ["reads", "elsewhere/c.md", 4, "text", "c.md"],
        ["works", "by hand", 1],
    ]


def test_message_of_a_crashed_host_comes_back_when_its_lock_ends(app: App, storage: Storage) -> None:
    settings = {"NAME": unique("jobs"), "STANDIN_MESSAGE_LOCK_SECONDS": "2"}
    app.write(SLOW)
    with app.running(**settings) as host:
        storage.send(settings["NAME"], "x")
        until(app.seen, "the first try")
        host.process.kill()
    with app.running(**settings) as host:
        until(lambda: host.count("works"), "the second try")
    assert app.seen() == [1, 2]


def test_message_that_is_worked_on_longer_than_its_lock_is_not_run_twice(app: App, storage: Storage) -> None:
    name = unique("jobs")
    with app.write(SLOW).running(NAME=name, STANDIN_MESSAGE_LOCK_SECONDS="2") as host:
        storage.send(name, "long")
        until(lambda: host.count("works"), "it ran")
        until(lambda: storage.is_empty(name), "it is deleted")
    assert app.seen() == [1]


def test_two_hosts_fire_a_timer_once_and_one_takes_over_at_once_from_a_crash_if_told_so(app: App) -> None:
    settings = {"AzureFunctionsWebHost__hostid": unique("two"), "STANDIN_BREAK_LOCKS": "true"}
    app.write(TICKS)
    with app.running(**settings) as first, app.running(**settings) as second:
        until(lambda: ticks(first) + ticks(second) >= 2, "one fires")
        holder, other = (first, second) if ticks(first) else (second, first)
        assert ticks(other) == 0
        holder.process.kill()
        until(lambda: ticks(other), "the other takes over")


def test_two_hosts_on_one_storage_run_a_blob_once(app: App, storage: Storage) -> None:
    settings = {"AzureFunctionsWebHost__hostid": unique("two"), "NAME": unique("blobs")}
    app.write(BLOBS)
    with app.running(**settings) as first, app.running(**settings) as second:
        storage.upload(settings["NAME"], "a.txt")
        until(lambda: runs(first, second), "one of them ran it")
        storage.upload_in_a_later_second(settings["NAME"], "b.txt")
        until(lambda: runs(first, second) == 2, "one of them ran the next")
    assert len(app.seen()) == 2


def test_timer_survives_storage_that_hangs(own_storage: Storage, app: App) -> None:
    own_storage.start()
    app.settings = {"AzureWebJobsStorage": own_storage.connection_string}
    with app.write(TICKS).running() as host:
        until(app.seen, "the first run")
        assert own_storage.process
        own_storage.process.send_signal(signal.SIGSTOP)
        assert host.get("/admin/host/ping").ok
        own_storage.process.send_signal(signal.SIGCONT)
        before = len(app.seen())
        until(lambda: len(app.seen()) > before + 1, "more runs")


def ticks(host: Standin) -> int:
    return host.count("ticks", "started")


def runs(*hosts: Standin) -> int:
    return sum(host.count("reads", "started") for host in hosts)
