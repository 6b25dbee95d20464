import logging
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from local.app_settings import ROOT
from local.host.errors import StartError
from local.host.functions import BlobTrigger, EventGridTrigger, Function, HttpTrigger, describe
from local.host.keys import given_key, is_one_of
from local.host.manual_runs import manual_run
from local.host.queue_messages import decode, encode, poison_name
from local.host.settings import (
    host_id,
    is_disabled,
    read_host_config,
    resolve_names,
    stable_hash,
    time_span,
)
from local.host.storage import Accounts
from local.host.urls import Query
from local.host.worker import IndexedFunction


def test_host_id_is_the_machine_and_the_path() -> None:
    assert host_id("My-PC.local", Path("/app"), {}) == f"mypclocal-{abs(stable_hash('/app'))}"
    assert host_id("m", Path("/app"), {}) != host_id("m", Path("/other"), {})
    assert len(host_id("m" * 60, Path("/app"), {})) == 32


def test_host_id_can_be_set() -> None:
    assert host_id("m", Path("/app"), {"AzureFunctionsWebHost__hostid": "Mine-1"}) == "mine-1"
    with pytest.raises(StartError):
        host_id("m", Path("/app"), {"AzureFunctionsWebHost__hostid": "a_b"})


@pytest.mark.parametrize(
    ("name", "value", "named"),
    [
        ("AzureFunctionsJobHost__extensions__queues__batchSize", "x", "extensions.queues.batchSize"),
        ("AzureFunctionsJobHost__extensions__queues__maxPollingInterval", "soon", "maxPollingInterval"),
        ("AzureFunctionsJobHost__extensions__blobs__poisonBlobThreshold", "", "poisonBlobThreshold"),
        ("AzureFunctionsJobHost__singleton__listenerLockPeriod", "15", "singleton.listenerLockPeriod"),
        ("STANDIN_MESSAGE_LOCK_SECONDS", "inf", "STANDIN_MESSAGE_LOCK_SECONDS"),
        ("FUNCTIONS_REQUEST_BODY_SIZE_LIMIT", "1k", "FUNCTIONS_REQUEST_BODY_SIZE_LIMIT"),
    ],
)
def test_a_setting_that_cannot_be_read_ends_the_start_and_is_named(name: str, value: str, named: str) -> None:
    with pytest.raises(StartError, match=f"{named} cannot be read: "):
        read_host_config(ROOT, {name: value})


def test_stable_hash_is_the_one_of_dotnet() -> None:
    assert stable_hash("") == 23
    assert stable_hash("a") == 23 * 31 + 97
    assert -(1 << 31) <= stable_hash("a longer text" * 9) < 1 << 31


def test_host_json_has_the_documented_defaults(tmp_path: Path) -> None:
    (tmp_path / "host.json").write_text('{"version": "2.0"}')
    config = read_host_config(tmp_path, {})
    assert (config.route_prefix, config.body_limit, config.log_level) == ("api", 104857600, logging.INFO)
    queues = config.queues
    assert (queues.batch_size, queues.max_dequeue_count, queues.base64) == (16, 5, True)
    assert (queues.visibility_timeout, queues.max_polling_interval) == (timedelta(0), timedelta(seconds=2))
    assert queues.message_lock == timedelta(minutes=10)
    assert config.blob_queue.batch_size + config.blob_queue.new_batch_threshold >= 8


@pytest.mark.parametrize(("environment", "seconds"), [("Development", (2, 15)), ("Production", (60, 60))])
def test_on_a_developers_machine_some_waits_are_shorter(
    tmp_path: Path, environment: str, seconds: tuple[int, int]
) -> None:
    (tmp_path / "host.json").write_text("{}")
    config = read_host_config(tmp_path, {"AZURE_FUNCTIONS_ENVIRONMENT": environment})
    assert (config.queues.max_polling_interval.seconds, config.locks.period.seconds) == seconds
    assert config.locks.recovery_polling == config.blob_queue.max_polling_interval == timedelta(minutes=1)
    assert not config.locks.break_dead


def test_app_setting_beats_host_json(tmp_path: Path) -> None:
    (tmp_path / "host.json").write_text('{"extensions": {"queues": {"batchSize": 4, "messageEncoding": "none"}}}')
    config = read_host_config(tmp_path, {"AzureFunctionsJobHost__extensions__queues__batchSize": "2"})
    assert (config.queues.batch_size, config.queues.base64) == (2, False)


@pytest.mark.parametrize("content", [None, "{"])
def test_host_json_that_is_missing_or_broken_ends_the_start(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "host.json").write_text(content)
    with pytest.raises(StartError, match=r"host\.json"):
        read_host_config(tmp_path, {})


def test_time_span() -> None:
    assert time_span("1.02:03:04.5") == timedelta(days=1, hours=2, minutes=3, seconds=4.5)
    with pytest.raises(ValueError, match="time span"):
        time_span("5")


def test_names_are_resolved_from_the_settings() -> None:
    assert resolve_names("a/%X%/{name}", {"X": "b"}) == "a/b/{name}"
    with pytest.raises(StartError, match="NOPE"):
        resolve_names("%NOPE%", {})


def test_function_is_disabled_by_a_setting() -> None:
    assert is_disabled("f", {"AzureWebJobs.f.Disabled": "True"})
    assert not is_disabled("f", {"AzureWebJobs.f.Disabled": "false"})


def test_bindings_become_triggers() -> None:
    blob = {"type": "blobTrigger", "name": "b", "path": "c/{n}", "properties": {"SupportsDeferredBinding": True}}
    http = {"type": "httpTrigger", "name": "r", "methods": ["get"]}
    first, second = describe([indexed(blob), indexed(http, {"type": "http", "name": "$return"})], {})
    assert first.trigger == BlobTrigger("c/{n}", "AzureWebJobsStorage", event_grid=False, deferred=True)
    assert second.trigger == HttpTrigger("f", frozenset({"GET"}), "function")
    assert isinstance(second, Function)


@pytest.mark.parametrize(
    "bindings",
    [
        [{"type": "serviceBusTrigger", "name": "m"}],
        [
            {"type": "timerTrigger", "name": "t", "schedule": "* * * * *"},
            {"type": "table", "name": "x", "direction": "OUT"},
        ],
        [
            {"type": "timerTrigger", "name": "t", "schedule": "* * * * *"},
            {"type": "blob", "name": "x", "direction": "IN"},
        ],
    ],
)
def test_binding_that_is_not_there_ends_the_start(bindings: list[dict[str, Any]]) -> None:
    with pytest.raises(StartError, match="function f: the stand-in host has no"):
        describe([indexed(*bindings)], {})


def indexed(*bindings: dict[str, Any]) -> IndexedFunction:
    return IndexedFunction("f", "id", bindings, has_retry_policy=False)


def test_header_beats_the_query() -> None:
    query = Query("Code=q")
    assert given_key({"x-functions-key": "h"}, query) == "h"
    assert given_key({"x-functions-key": ""}, query) == ""
    assert given_key({}, query) == "q"
    assert not is_one_of(None, ["k"])
    assert is_one_of("k", ["a", "k"])


def test_missing_connection_names_the_setting() -> None:
    with pytest.raises(StartError, match="NOWHERE"):
        Accounts({}).get("NOWHERE")
    with pytest.raises(StartError, match="HALF"):
        Accounts({"HALF": "AccountName=x"}).get("HALF")


def test_poison_queue_has_its_suffix_unless_the_name_forbids_it() -> None:
    assert poison_name("jobs") == "jobs-poison"
    assert poison_name("jobs-poison") is None
    assert poison_name("x" * 60) is None


def test_messages_are_stored_as_host_json_says() -> None:
    for base64_encoded in (True, False):
        assert (
            decode(encode("ü".encode(), base64_encoded=base64_encoded), base64_encoded=base64_encoded).decode() == "ü"
        )
    assert decode(" aGVs\nbG8= ", base64_encoded=True) == b"hello"
    for text in ("no base64!", "aGVsbG8", "_-8_"):
        with pytest.raises(ValueError, match=r"."):
            decode(text, base64_encoded=True)


@pytest.mark.parametrize("given", ["[]", "{", "7", ""])
def test_a_run_for_no_event_is_refused(given: str) -> None:
    function = Function("on_gone", "id", "event", EventGridTrigger(), disabled=False, bindings=())
    host: Any = SimpleNamespace(timers={}, blobs=None)
    with pytest.raises(ValueError, match=r"^expected an event|^Expecting"):
        manual_run(host, function, given).close()
