"""The functions of the app: triggers, each of which hands over to a part of it."""

import threading
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import azure.functions as func

from shared.api.endpoint import Endpoint
from shared.api.endpoints import ENDPOINTS
from shared.app import App
from shared.misconfigured import require_packages
from shared.routes_blob import routes_in_blob
from shared.settings import Settings, read_settings
from shared.storage.connections import HOST_STORAGE, account_name
from shared.telemetry import metrics
from shared.telemetry.fields import carry_fields, quieten_libraries
from shared.triggers.blobs import BlobReference, Watch, checks_uploaded, routes_importing, watches
from shared.triggers.invocation import invoked, running
from shared.triggers.messages import due_of, note_failed, route_of
from shared.triggers.storage_events import StorageEvent, checks_deleted, routes_hinted_at


def function_app(
    environ: Mapping[str, str],
    read_blob: Callable[[str], str] = routes_in_blob,
    *,
    warm_up_after_s: float | None = None,
) -> func.FunctionApp:
    """Return the app with the functions that the settings ask for; after some seconds it warms up, if told to.

    `read_blob` is as in `read_settings`.

    Raises SettingsError if they are wrong, and PackageError.
    """
    require_packages()
    settings = read_settings(environ, read_blob)
    carry_fields()
    quieten_libraries()
    relay, app = App(settings), func.FunctionApp()
    for watch in watches(settings.routes):
        _watch_container(app, relay, watch)
    if settings.blob_source == "eventgrid":
        _watch_deletions(app, relay)
    _wake_up(app, relay)
    if settings.notification_url:
        _notify(app, relay)
    _sweep(app, relay)
    for endpoint in ENDPOINTS:
        _answer_at(app, relay, endpoint)
    if warm_up_after_s is not None:
        _warm_up(relay, warm_up_after_s)
    return app


def _warm_up(relay: App, after_s: float) -> None:
    """Make the parts in a thread, whenever no invocation runs.

    The host's warm-up trigger runs only when it scales out, and not when it starts.
    """
    timer = threading.Timer(after_s, relay.warm_up, [running.wait_for_none])
    timer.daemon = True
    timer.start()


def _watch_container(app: func.FunctionApp, relay: App, watch: Watch) -> None:
    """Register the blob trigger of one container; what it says is only *look now*."""

    @app.function_name(watch.function_name)
    @app.blob_trigger(
        arg_name="blob",
        path=f"{watch.container}/{{name}}",
        connection=watch.connection,
        source=_source(relay.settings),
    )
    def on_dag_blob(blob: BlobReference, context: func.Context) -> None:
        with invoked(context):
            _hear_of_blob(relay, blob)


def _hear_of_blob(relay: App, blob: BlobReference) -> None:
    """Notice the routes that import the blob; where it came by an event, it also shows that events arrive."""
    settings, engine = relay.settings, relay.engine
    if settings.blob_source == "polling":
        for route in routes_importing(blob, settings.routes, account_name):
            engine.wake_ups.notice(route, changed_at=blob.modified)
    elif checks := checks_uploaded(blob, settings.routes, account_name):
        for route, check_id in checks:
            engine.announcements.check_uploaded(route, check_id)
    else:
        for route in routes_importing(blob, settings.routes, account_name):
            engine.announcements.upload(route, blob.modified)


def _source(settings: Settings) -> func.BlobSource:
    return (
        func.BlobSource.EVENT_GRID if settings.blob_source == "eventgrid" else func.BlobSource.LOGS_AND_CONTAINER_SCAN
    )


def _watch_deletions(app: func.FunctionApp, relay: App) -> None:
    @app.event_grid_trigger(arg_name="event")
    def on_blob_deleted(event: func.EventGridEvent, context: func.Context) -> None:
        """Notice the routes that may have lost a file. A subscription in the other schema brings a CloudEvent."""
        with invoked(context):
            _hear_of_event(relay, StorageEvent.of(event))


def _hear_of_event(relay: App, event: StorageEvent) -> None:
    routes, engine = relay.settings.routes, relay.engine
    for route, check_id in checks_deleted(event, routes, account_name):
        engine.announcements.check_deleted(route, check_id)
    for route in routes_hinted_at(event, routes, account_name):
        if event.brings_files:
            engine.announcements.upload(route)
        else:
            # At once: a deletion leaves no time, and is waited out from when the folder is first seen without the file.
            engine.wake_ups.notice(route, timedelta(0))


def _wake_up(app: func.FunctionApp, relay: App) -> None:
    queue = relay.settings.storage_names.wake_ups

    @app.queue_trigger(arg_name="message", queue_name=queue, connection=HOST_STORAGE)
    def on_wake_up(message: func.QueueMessage, context: func.Context) -> None:
        """Look at the route that the wake-up names."""
        with invoked(context):
            body = message.get_body()
            if route := route_of(body, relay.settings.routes):
                relay.engine.reconciler.answer(route, due_of(body))

    @app.queue_trigger(arg_name="message", queue_name=f"{queue}-poison", connection=HOST_STORAGE)
    def on_poison(message: func.QueueMessage, context: func.Context) -> None:
        """Note a wake-up that failed five times; the sweep looks at every folder anyway, so that this never raises."""
        with invoked(context):
            note_failed(message.get_body(), relay.settings.routes, relay.engine.history.note_poison)


def _notify(app: func.FunctionApp, relay: App) -> None:
    queue = relay.settings.storage_names.notifications

    @app.queue_trigger(arg_name="message", queue_name=queue, connection=HOST_STORAGE)
    def on_notification(message: func.QueueMessage, context: func.Context) -> None:
        """Deliver the oldest alert of the route that the message names."""
        with invoked(context):
            outbox = relay.engine.outbox
            if outbox and (route := route_of(message.get_body(), relay.settings.routes)):
                outbox.deliver(route)


def _sweep(app: func.FunctionApp, relay: App) -> None:
    @app.timer_trigger(arg_name="timer", schedule=relay.settings.sweep_schedule)
    def on_sweep(timer: func.TimerRequest, context: func.Context) -> None:  # noqa: ARG001 - the binding's name
        """Notice every route, and delete what is old."""
        with invoked(context):
            relay.engine.sweep.run()


def _answer_at(app: func.FunctionApp, relay: App, endpoint: Endpoint[Any]) -> None:
    """Register the HTTP trigger of one endpoint."""

    @app.function_name(endpoint.name)
    @app.route(
        route=endpoint.path,
        methods=endpoint.methods,
        auth_level=func.AuthLevel.ANONYMOUS if endpoint.anonymous else func.AuthLevel.FUNCTION,
    )
    def on_request(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
        with invoked(context):
            try:
                response = endpoint.handler(relay)(req)
            except Exception:
                metrics.answered(endpoint.name, 500)
                raise
            metrics.answered(endpoint.name, response.status_code)
            return response
