"""The emulator's own endpoints below `/_emulator`, which Azure does not have."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

from aiohttp import web
from pydantic import JsonValue

from local.arm.faults import scripts_from
from local.arm.identity import token_answer
from local.arm.state import Emulator
from local.fabric import files as fabric_files

EMULATOR = web.AppKey("emulator", Emulator)


async def journal(request: web.Request) -> web.Response:
    """Show every ARM request."""
    return web.json_response([entry.as_json() for entry in request.app[EMULATOR].journal])


async def imports(request: web.Request) -> web.Response:
    """Show every import that is over, in the order in which they were accepted."""
    finished = sorted(request.app[EMULATOR].imports, key=lambda record: record.started_at)
    return web.json_response([record.as_json() for record in finished])


async def show_faults(request: web.Request) -> web.Response:
    """Show the scripts that are left."""
    return web.json_response([script.model_dump() for script in request.app[EMULATOR].faults.pending])


async def add_faults(request: web.Request) -> web.Response:
    """Add one script, or a list of them, behind those that are there."""
    with _explained():
        request.app[EMULATOR].faults.pending += scripts_from(await _body(request))
    return await show_faults(request)


async def clear_faults(request: web.Request) -> web.Response:
    """Forget all scripts."""
    request.app[EMULATOR].faults.pending.clear()
    return web.json_response([])


async def show_settings(request: web.Request) -> web.Response:
    """Show the settings."""
    return web.json_response(request.app[EMULATOR].settings.model_dump())


async def change_settings(request: web.Request) -> web.Response:
    """Change those settings that the body names."""
    emulator = request.app[EMULATOR]
    with _explained():
        emulator.settings = emulator.settings.changed(await _body(request))
    return await show_settings(request)


async def reset(request: web.Request) -> web.Response:
    """Go back to the seeded state, settings and journal included."""
    request.app[EMULATOR].reset()
    return await show_settings(request)


async def fabric_job_files(request: web.Request) -> web.Response:
    """Show what a Fabric job really holds, whatever its listing says."""
    job = request.app[EMULATOR].fabric.jobs.get(request.match_info["job"].lower())
    if job is None:
        raise web.HTTPNotFound(text="there is no such Fabric job")
    return web.json_response(fabric_files.held(job))


async def identity_token(request: web.Request) -> web.Response:
    """Answer as App Service's managed identity endpoint does."""
    emulator = request.app[EMULATOR]
    headers = {name.lower(): value for name, value in request.headers.items()}
    answer = token_answer(headers, request.query, emulator.clock(), emulator.settings.token_seconds)
    return web.json_response(answer.body, status=answer.status)


ROUTES = (
    web.get("/_emulator/journal", journal),
    web.get("/_emulator/imports", imports),
    web.get("/_emulator/faults", show_faults),
    web.post("/_emulator/faults", add_faults),
    web.delete("/_emulator/faults", clear_faults),
    web.get("/_emulator/settings", show_settings),
    web.post("/_emulator/settings", change_settings),
    web.post("/_emulator/reset", reset),
    web.get("/_emulator/fabric/jobs/{job}/files", fabric_job_files),
    web.get("/_emulator/identity/token", identity_token),
)


async def _body(request: web.Request) -> JsonValue:
    """Read the body, whatever its content type says; raise ValueError for what is no JSON or could not be shown."""
    try:
        body: JsonValue = json.loads(await request.read())
        json.dumps(body, allow_nan=False)
    except RecursionError:
        raise ValueError("expected JSON with fewer levels") from None
    return body


@contextmanager
def _explained() -> Iterator[None]:
    """Answer 400 with the sentence of a ValueError (broken JSON is one)."""
    try:
        yield
    except ValueError as error:
        sentence = f"expected JSON: {error}" if isinstance(error, json.JSONDecodeError) else str(error)
        raise web.HTTPBadRequest(text=sentence) from error
