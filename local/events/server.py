"""Starts the small Event Grid, says when it watches, and ends it."""

import asyncio
import json
import logging
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from functools import partial

from aiohttp import ClientError, ClientSession

from local.errors import LocalError
from local.events.host_api import HostApi
from local.events.options import Events
from local.events.publisher import Publisher
from local.events.subscriptions import Place, Subscription, read_subscriptions, require_uploads
from local.events.watcher import Watcher
from local.events.webhook import Webhook
from local.host.errors import StartError
from local.host.keys import CONTAINER as SECRETS
from local.host.listeners import all_of
from local.host.storage import Accounts

_LOG = logging.getLogger("events")


def serve(apps: Sequence[str], options: Events) -> None:
    """Tell the app at these addresses of every change in the containers it watches, until SIGTERM or SIGINT.

    Each address is told what the functions that are not disabled there want. Connections come from the environment, by
    the names of the app's settings. Raises LocalError if the app does not answer, wants no events, or refuses them.
    """
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(name)s: %(message)s")
    logging.getLogger("azure").setLevel(logging.WARNING)
    try:
        asyncio.run(_serve(apps, options))
    except ClientError as error:
        raise LocalError(f"the app does not answer at {', '.join(apps)}: {error}") from error
    except StartError as error:
        raise LocalError(str(error)) from error


async def _serve(apps: Sequence[str], options: Events) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    accounts = Accounts(os.environ)
    try:
        async with ClientSession() as session:
            receivers = [each for app in apps for each in await _subscribe(session, app, accounts, options)]
            require_uploads(subscription for subscription, _ in receivers)
            publisher = Publisher(receivers, options)
            places = dict.fromkeys(each.place for each, _ in receivers if each.place)
            await _watch([_watcher(place, accounts, publisher) for place in places], stop)
            publisher.stop()
    finally:
        await accounts.close()


async def _subscribe(
    session: ClientSession, app: str, accounts: Accounts, options: Events
) -> list[tuple[Subscription, Webhook]]:
    host = HostApi(session, app, accounts.get("AzureWebJobsStorage").blobs.get_container_client(SECRETS))
    receivers = []
    for subscription in read_subscriptions(await host.functions(), os.environ):
        url = f"{app}/runtime/webhooks/{subscription.extension}"
        key = await host.system_key(subscription.extension)
        webhook = Webhook(session, url, subscription.webhook_function, key)
        await webhook.shake_hands(options.schema)
        if subscription.function == options.misnamed:
            # As if the function had been renamed since: the handshake is not repeated.
            webhook = Webhook(session, url, f"{subscription.webhook_function}_misnamed", key)
        _LOG.info("%s hears of %s", subscription.function, ", ".join(subscription.types))
        receivers.append((subscription, webhook))
    return receivers


def _watcher(place: Place, accounts: Accounts, publisher: Publisher) -> Watcher:
    container = accounts.get(place.connection).blobs.get_container_client(place.container)
    return Watcher(container, partial(publisher.publish, place, container))


async def _watch(watchers: list[Watcher], stop: asyncio.Event) -> None:
    watching = asyncio.ensure_future(all_of(each.keep_running() for each in watchers))
    for each in watchers:
        await each.looked.wait()
    print(json.dumps({"ready": True, "watching": len(watchers)}), flush=True)
    await stop.wait()
    watching.cancel()
    with suppress(asyncio.CancelledError):
        await watching
