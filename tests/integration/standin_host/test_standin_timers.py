import json
import signal
from datetime import UTC, datetime, timedelta

from tests.integration.standin_host.standin_parts import App, Storage, unique
from tests.waiting import until

EVERY_SECOND = """
@app.timer_trigger(arg_name="timer", schedule="%SCHEDULE%")
def ticks(timer: func.TimerRequest):
    saw([timer.past_due, timer.schedule_status["Next"]])
    raise RuntimeError("every time")
"""
HOURLY = """
@app.timer_trigger(arg_name="timer", schedule="0 0 * * * *", run_on_startup={startup})
def hourly(timer: func.TimerRequest):
    saw(timer.past_due)
"""


def test_timer_goes_on_after_a_run_that_raises(app: App) -> None:
    with app.write(EVERY_SECOND).running(SCHEDULE="* * * * * *") as host:
        until(lambda: host.count("ticks", "failed") >= 3, "three runs")
    due = [moment for _, moment in app.seen()]
    assert len(set(due)) == len(due)


def test_two_hosts_fire_a_timer_once_and_one_takes_over_from_a_crash(app: App) -> None:
    app.write(EVERY_SECOND)
    schedule = "* * * * * *"
    with app.running(SCHEDULE=schedule) as first, app.running(SCHEDULE=schedule) as second:
        until(lambda: first.count("ticks", "started") >= 2, "the first host fires")
        assert second.count("ticks", "started") == 0
        first.process.kill()
        until(lambda: second.count("ticks", "started") >= 1, "the second takes over")
    due = [moment for _, moment in app.seen()]
    assert len(set(due)) == len(due)


def test_missed_run_is_made_up_for_once(app: App, storage: Storage) -> None:
    host_id = unique("missed")
    app.settings = {**app.settings, "AzureFunctionsWebHost__hostid": host_id}
    name = f"timers/{host_id}/hourly/status"
    app.write(HOURLY.format(startup=False))
    with app.running(), storage.blobs() as service:
        status = service.get_blob_client("azure-webjobs-hosts", name)
        until(status.exists, "the timer's status")
    assert app.seen() == []
    early = datetime.now(UTC) - timedelta(hours=5)
    missed = {key: early.isoformat() for key in ("Last", "Next", "LastUpdated")}
    storage.upload("azure-webjobs-hosts", name, json.dumps(missed).encode())
    for _ in range(2):
        with app.running() as host:
            until(lambda: app.seen() and host.get("/admin/host/ping").ok, "the missed run")
            host.process.terminate()
            host.process.wait(20)
    assert app.seen() == [True]


def test_timer_runs_at_the_start_and_when_it_is_told_to(app: App) -> None:
    with app.write(HOURLY.format(startup=True)).running() as host:
        until(app.seen, "the run at the start")
        assert host.post("/admin/functions/hourly", json={}).status_code == 202
        until(lambda: len(app.seen()) == 2, "the run on demand")
    assert app.seen() == [False, False]


def test_timer_survives_storage_that_hangs(own_storage: Storage, app: App) -> None:
    own_storage.start()
    app.settings = {"AzureWebJobsStorage": own_storage.connection_string, "SCHEDULE": "* * * * * *"}
    with app.write(EVERY_SECOND).running() as host:
        until(app.seen, "the first run")
        assert own_storage.process
        own_storage.process.send_signal(signal.SIGSTOP)
        assert host.get("/admin/host/ping").ok
        own_storage.process.send_signal(signal.SIGCONT)
        runs = len(app.seen())
        until(lambda: len(app.seen()) > runs + 1, "more runs")
