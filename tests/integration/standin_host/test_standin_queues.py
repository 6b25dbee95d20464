from pathlib import Path

from tests.integration.standin_host.standin_parts import App, Storage, unique
from tests.waiting import until

SOURCE = """
@app.queue_trigger(arg_name="message", queue_name="%QUEUE%", connection="AzureWebJobsStorage")
@app.queue_output(arg_name="$return", queue_name="%QUEUE%-out", connection="AzureWebJobsStorage")
@app.blob_output(arg_name="copy", path="%QUEUE%-blobs/{kind}/{rand-guid}.txt", connection="AzureWebJobsStorage")
def works(message: func.QueueMessage, copy: func.Out[str]) -> str:
    saw([message.get_json(), message.dequeue_count, message.insertion_time.year > 2000])
    assert message.get_json()["kind"] != "bad"
    copy.set("copied")
    return "done"
"""


def test_message_runs_and_its_outputs_go_where_the_bindings_say(app: App, storage: Storage) -> None:
    queue = unique("jobs")
    with app.write(SOURCE).running(QUEUE=queue) as host:
        storage.send(queue, '{"kind": "good"}')
        until(lambda: host.count("works"), "the message ran")
        until(lambda: storage.is_empty(queue), "the message is deleted")
    assert app.seen() == [[{"kind": "good"}, 1, True]]
    assert storage.messages(f"{queue}-out") == ["done"]
    [blob] = storage.blob_names(f"{queue}-blobs")
    assert blob.startswith("good/")


def test_message_that_always_fails_is_tried_5_times_and_then_poison(app: App, storage: Storage) -> None:
    queue = unique("jobs")
    with app.write(SOURCE).running(QUEUE=queue):
        storage.send(queue, '{"kind": "bad"}')
        until(lambda: storage.messages(f"{queue}-poison"), "the poison message")
        until(lambda: storage.is_empty(queue), "the message is deleted")
    assert [tries for _, tries, _ in app.seen()] == [1, 2, 3, 4, 5]
    assert storage.messages(f"{queue}-poison") == ['{"kind": "bad"}']


def test_delayed_message_runs_after_those_that_came_later(app: App, storage: Storage) -> None:
    queue = unique("jobs")
    with app.write(SOURCE).running(QUEUE=queue) as host:
        storage.send(queue, '{"kind": "delayed"}', visible_after=3)
        storage.send(queue, '{"kind": "prompt"}')
        until(lambda: host.count("works") == 2, "both ran")
    assert [content["kind"] for content, _, _ in app.seen()] == ["prompt", "delayed"]


def test_message_of_a_crashed_host_comes_back_when_its_lock_ends(app: App, storage: Storage) -> None:
    queue = unique("jobs")
    app.write("""
import time

@app.queue_trigger(arg_name="message", queue_name="%QUEUE%", connection="AzureWebJobsStorage")
def works(message: func.QueueMessage):
    saw(message.dequeue_count)
    if message.dequeue_count == 1:
        time.sleep(60)
""")
    settings = {"QUEUE": queue, "STANDIN_MESSAGE_LOCK_SECONDS": "2"}
    with app.running(**settings) as host:
        storage.send(queue, "x")
        until(app.seen, "the first try")
        host.process.kill()
    with app.running(**settings) as host:
        until(lambda: host.count("works"), "the second try")
    assert app.seen() == [1, 2]


def test_message_that_is_worked_on_longer_than_its_lock_is_not_run_twice(app: App, storage: Storage) -> None:
    queue = unique("jobs")
    app.write("""
import time

@app.queue_trigger(arg_name="message", queue_name="%QUEUE%", connection="AzureWebJobsStorage")
def works(message: func.QueueMessage):
    saw(message.dequeue_count)
    time.sleep(4)
""")
    with app.running(QUEUE=queue, STANDIN_MESSAGE_LOCK_SECONDS="2") as host:
        storage.send(queue, "x")
        until(lambda: host.count("works"), "it ran")
        until(lambda: storage.is_empty(queue), "it is deleted")
    assert app.seen() == [1]


def test_admin_runs_a_queue_function_with_the_input_as_message(app: App) -> None:
    with app.write(SOURCE).running(QUEUE=unique("jobs")) as host:
        assert host.post("/admin/functions/works", json={"input": '{"kind": "manual"}'}).status_code == 202
        until(app.seen, "it ran")
        assert host.post("/admin/functions/nothing").status_code == 404
    assert app.seen() == [[{"kind": "manual"}, 1, True]]


def test_listeners_survive_storage_that_starts_late_and_goes_away(own_storage: Storage, tmp_path: Path) -> None:
    queue = unique("jobs")
    app = App(tmp_path / "app", {"AzureWebJobsStorage": own_storage.connection_string, "QUEUE": queue}).write(SOURCE)
    with app.running() as host:
        assert host.get("/admin/host/ping").ok
        until(lambda: "trying again until it works" in app.log.read_text(), "the outage is logged")
        own_storage.start()
        own_storage.send(queue, '{"kind": "first"}')
        until(lambda: host.count("works") == 1, "it works with storage")
        until(lambda: own_storage.is_empty(queue), "the message is deleted")
        own_storage.stop()
        assert host.get("/admin/host/ping").ok
        until(lambda: app.log.read_text().count("trying again until it works") == 2, "the second outage is logged")
        own_storage.start()
        own_storage.send(queue, '{"kind": "second"}')
        until(lambda: host.count("works") == 2, "it works again")
    assert app.log.read_text().count("trying again until it works") == 2
