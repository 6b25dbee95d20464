"""The app as Azure Functions sees it: triggers, and who deals with them."""

import logging
import os

import azure.functions as func

from shared.blob_reference import BlobReference
from shared.relay.wake_ups import QUEUE as WAKE_UP_QUEUE
from shared.relay.wake_ups import route_name_of
from shared.settings import HOST_STORAGE, read_settings
from shared.watch import Watch, watches
from shared.wiring import Relay

log = logging.getLogger(__name__)

settings = read_settings(os.environ)
relay = Relay(settings)
app = func.FunctionApp(http_auth_level=func.AuthLevel.FUNCTION)


def watch_container(watch: Watch) -> None:
    """Register the blob trigger of one container; what it says is only *look now*."""

    @app.function_name(watch.function_name)
    @app.blob_trigger(
        arg_name="blob",
        path=f"{watch.container}/{{name}}",
        connection=watch.connection,
        source=func.BlobSource.EVENT_GRID
        if settings.blob_source == "eventgrid"
        else func.BlobSource.LOGS_AND_CONTAINER_SCAN,
    )
    def on_dag_blob(blob: BlobReference) -> None:
        for route in watch.routes_importing(blob.name):
            relay.notices.notice(route)


for each_watch in watches(settings.routes):
    watch_container(each_watch)


@app.queue_trigger(arg_name="message", queue_name=WAKE_UP_QUEUE, connection=HOST_STORAGE)
def on_wake_up(message: func.QueueMessage) -> None:
    """Look at the route that the wake-up names."""
    name = route_name_of(message.get_body())
    route = next((route for route in settings.routes if route.name == name), None)
    if route is None:
        log.warning("a wake-up names no route of the settings; it was sent by an older configuration or by a stranger")
        return
    relay.reconciler.reconcile(route)


@app.timer_trigger(arg_name="timer", schedule=settings.sweep_schedule)
def on_sweep(timer: func.TimerRequest) -> None:  # noqa: ARG001 - the binding's name
    """Notice every route, which finds lost events and deleted files, and forget old history."""
    for route in settings.routes:
        relay.notices.notice(route)
        relay.records.prune(route.name, keep=settings.records_per_route, days=settings.record_days)


@app.queue_trigger(arg_name="message", queue_name=f"{WAKE_UP_QUEUE}-poison", connection=HOST_STORAGE)
def on_poison(message: func.QueueMessage) -> None:
    """Note a wake-up that failed five times. It carries no news: the sweep looks at every folder anyway."""
    name = route_name_of(message.get_body())
    log.error("a wake-up of route %s failed again and again; the sweep will look at it", name)
    if name in {route.name for route in settings.routes}:
        relay.records.note_poison(str(name))


@app.route(route="health", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
def health(req: func.HttpRequest) -> func.HttpResponse:  # noqa: ARG001 - the binding's name
    """Whether the app runs; asks nobody."""
    return func.HttpResponse('{"status": "alive"}', mimetype="application/json")


@app.route(route="ready", methods=["GET"])
def ready(req: func.HttpRequest) -> func.HttpResponse:  # noqa: ARG001 - the binding's name
    """Whether the promises can be kept."""
    return relay.readiness.answer()


@app.route(route="routes", methods=["GET"])
def list_routes(req: func.HttpRequest) -> func.HttpResponse:
    """How all routes are."""
    return relay.routes_api.index(req)


@app.route(route="routes/{route}", methods=["GET"])
def show_route(req: func.HttpRequest) -> func.HttpResponse:
    """How one route is."""
    return relay.routes_api.show(req)


@app.route(route="routes/{route}/{action}", methods=["POST"])
def act_on_route(req: func.HttpRequest) -> func.HttpResponse:
    """Sync, suspend, resume, or acknowledge what was removed."""
    return relay.routes_api.act(req)


@app.route(route="routes/{route}/syncs", methods=["GET"])
def list_syncs(req: func.HttpRequest) -> func.HttpResponse:
    """What happened on a route, newest first."""
    return relay.routes_api.history(req)


@app.route(route="routes/{route}/syncs/{id}", methods=["GET"])
def show_sync(req: func.HttpRequest) -> func.HttpResponse:
    """One attempt to sync."""
    return relay.routes_api.record(req)


@app.route(route="environments", methods=["GET"])
def list_environments(req: func.HttpRequest) -> func.HttpResponse:
    """Show the Airflow environments of a factory."""
    return relay.environments.list(req)


@app.route(route="environments/{name}", methods=["GET"])
def get_environment(req: func.HttpRequest) -> func.HttpResponse:
    """Show an Airflow environment."""
    return relay.environments.get(req)


@app.route(route="environments/{name}", methods=["PUT"])
def put_environment(req: func.HttpRequest) -> func.HttpResponse:
    """Create or update an Airflow environment."""
    return relay.environments.put(req)


@app.route(route="environments/{name}", methods=["DELETE"])
def delete_environment(req: func.HttpRequest) -> func.HttpResponse:
    """Delete an Airflow environment."""
    return relay.environments.delete(req)


@app.route(route="environments/{name}/start", methods=["POST"])
def start_environment(req: func.HttpRequest) -> func.HttpResponse:
    """Start an Airflow environment."""
    return relay.environments.start(req)


@app.route(route="environments/{name}/stop", methods=["POST"])
def stop_environment(req: func.HttpRequest) -> func.HttpResponse:
    """Stop an Airflow environment."""
    return relay.environments.stop(req)
