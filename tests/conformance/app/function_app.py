"""An app whose functions tell what they got, in the file that SEEN names: one JSON line a run."""

import json
import os
import time
from pathlib import Path
from typing import Any

import azure.functions as func
from azurefunctions.extensions.base import Datum, InConverter, SdkType

STORAGE = "AzureWebJobsStorage"
app = func.FunctionApp()


def saw(function: str, what: object) -> None:
    """Write down a run."""
    with Path(os.environ["SEEN"]).open("a") as file:
        file.write(json.dumps([function, what]) + "\n")


class Reference(SdkType):
    """What the host says of a blob instead of its content."""

    def get_sdk_type(self) -> "Reference":
        """Return what a function gets."""
        return self


class ReferenceConverter(InConverter, binding="blob", trigger="blobTrigger"):
    """Hands the reference on."""

    @classmethod
    def check_input_type_annotation(cls, pytype: type) -> bool:
        """Tell whether a parameter wants a reference."""
        return issubclass(pytype, Reference)

    @classmethod
    def decode(cls, data: Datum, *, trigger_metadata: Any, pytype: object = None) -> Reference:  # noqa: ARG003, ANN401
        """Read the reference."""
        named = trigger_metadata.get("name")
        return Reference(data={**json.loads(data.value.content), "name": named.value if named else None})


if os.environ.get("BLOBS") == "polled":

    @app.blob_trigger(arg_name="blob", path="%PREFIX%scanned/{name}", connection=STORAGE)
    def on_scanned(blob: Reference) -> None:
        """Tell of a blob that the host found."""
        saw("on_scanned", blob._data)  # noqa: SLF001 - where the base class keeps it

    @app.blob_trigger(arg_name="blob", path="%PREFIX%failing/{name}", connection=STORAGE)
    def on_failing(blob: func.InputStream) -> None:
        """Fail."""
        saw("on_failing", blob.name)
        raise RuntimeError("always")

else:

    @app.blob_trigger(
        arg_name="blob", path="%PREFIX%told/{name}", connection=STORAGE, source=func.BlobSource.EVENT_GRID
    )
    def on_told(blob: Reference) -> None:
        """Tell of a blob that an event was about."""
        saw("on_told", blob._data)  # noqa: SLF001 - as above


def work(function: str, message: func.QueueMessage) -> None:
    """Do what a message says: fail, or take its time."""
    text = message.get_body().decode()
    locked = message.time_next_visible
    seconds = round(locked.timestamp() - time.time()) if locked else None
    saw(function, [text, message.dequeue_count, seconds])
    if text.startswith("fail"):
        raise RuntimeError("as the message says")
    if text.startswith("sleep"):
        time.sleep(float(text.removeprefix("sleep ")))
        saw(function, "slept")


@app.queue_trigger(arg_name="message", queue_name="%PREFIX%jobs", connection=STORAGE)
def on_message(message: func.QueueMessage) -> None:
    """Work."""
    work("on_message", message)


@app.queue_trigger(arg_name="message", queue_name="%PREFIX%read", connection=STORAGE)
def on_read(message: func.QueueMessage) -> None:
    """Fail, so that the next function has something to read."""
    raise RuntimeError(message.id)


@app.queue_trigger(arg_name="message", queue_name="%PREFIX%read-poison", connection=STORAGE)
def on_poison(message: func.QueueMessage) -> None:
    """Tell what has become poison."""
    work("on_poison", message)


@app.queue_trigger(arg_name="message", queue_name="%PREFIX%late", connection=STORAGE)
def on_late(message: func.QueueMessage) -> None:
    """Work for a queue that is not there at the start."""
    work("on_late", message)


@app.event_grid_trigger(arg_name="event")
def on_event(event: func.EventGridEvent) -> None:
    """Tell of an event; fail for a bad one."""
    saw("on_event", [type(event).__name__, event.subject, event.get_json()])
    if event.subject == "bad":
        raise RuntimeError("a bad event")


def timer(name: str, schedule: str) -> None:
    """Register a timer."""

    @app.function_name(name)
    @app.timer_trigger(arg_name="timer", schedule=schedule)
    def on_time(timer: func.TimerRequest) -> None:
        saw(name, [timer.past_due, timer.schedule_status])  # type: ignore[attr-defined]
        if name == "raises":
            raise RuntimeError("every time")


for each_name, each_schedule in json.loads(os.environ.get("TIMERS", "{}")).items():
    timer(each_name, each_schedule)


def asked_for(req: func.HttpRequest) -> func.HttpResponse:
    """Answer what was asked."""
    asked = {
        "method": req.method,
        "route": dict(req.route_params),
        "query": dict(req.params),
        "headers": {name: value for name, value in req.headers.items() if name.startswith("x-own")},
        "body": req.get_body().decode(errors="replace"),
    }
    return func.HttpResponse(json.dumps(asked), status_code=201, headers={"X-Own": "yes"}, mimetype="application/json")


@app.route(route="echo/{first}/{*rest}", auth_level=func.AuthLevel.ANONYMOUS)
def echo(req: func.HttpRequest) -> func.HttpResponse:
    """Answer what was asked."""
    return asked_for(req)


@app.route(route="early/exact", auth_level=func.AuthLevel.ANONYMOUS, methods=["GET"])
def a_literal_route(req: func.HttpRequest) -> func.HttpResponse:
    """Answer before the next function, which has the same path among its own."""
    return func.HttpResponse(req.method)


@app.function_name("b_general_route")
@app.route(route="early/{name}", auth_level=func.AuthLevel.ANONYMOUS)
def general_route(req: func.HttpRequest) -> func.HttpResponse:
    """Answer as `echo` does."""
    return asked_for(req)


@app.route(route="echo/seven/exact", auth_level=func.AuthLevel.ANONYMOUS)
def later_than_echo(req: func.HttpRequest) -> func.HttpResponse:
    """Answer nothing: `echo` comes first."""
    return func.HttpResponse(req.method)


@app.route(route="answer/{kind}", auth_level=func.AuthLevel.ANONYMOUS)
def answer(req: func.HttpRequest) -> func.HttpResponse:
    """Answer in an odd way."""
    saw("answer", req.route_params["kind"])
    match req.route_params["kind"]:
        case "raises":
            raise RuntimeError("a reason for the log")
        case "nothing":
            return func.HttpResponse(status_code=204)
        case "not-ascii":
            return func.HttpResponse("x", headers={"X-Own": "ü"})
        case "longer-than-said":
            return func.HttpResponse("long", headers={"Content-Length": "1"})
        case "slow":
            time.sleep(2)
    return func.HttpResponse("done")


@app.route(auth_level=func.AuthLevel.FUNCTION)
def guarded(req: func.HttpRequest) -> func.HttpResponse:
    """Answer who has a key."""
    return func.HttpResponse(req.method)


@app.route(auth_level=func.AuthLevel.ADMIN)
def masters(req: func.HttpRequest) -> func.HttpResponse:
    """Answer who has the master key."""
    return func.HttpResponse(req.method)
