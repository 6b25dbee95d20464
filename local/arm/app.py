"""The emulator as an aiohttp application: journal, faults, ARM, Fabric, Airflow, delivery."""

from collections.abc import Callable
from dataclasses import replace
from uuid import uuid4

from aiohttp import web

from local.airflow import rest_api
from local.arm import control, front
from local.arm.delivery import cut, deliver
from local.arm.exchange import Answer, Call
from local.arm.journal import JournalEntry
from local.arm.state import Emulator
from local.fabric import front as fabric


def make_app(emulator: Emulator) -> web.Application:
    """Return an application that serves one emulator, in this process or in its own."""
    app = web.Application(client_max_size=front.LONGEST_BODY)
    app[control.EMULATOR] = emulator
    app.add_routes(control.ROUTES)
    app.router.add_route("*", "/_emulator{rest:(/.*)?}", _no_such_endpoint)
    app.router.add_route("*", "/_airflow/{environment}{rest:(/.*)?}", _airflow)
    app.router.add_route("*", "/{path:.*}", _azure)
    app.on_cleanup.append(_end_imports)
    return app


async def _azure(request: web.Request) -> web.StreamResponse:
    """Take a request to ARM or Fabric through its stations; the journal has it before anything can go wrong."""
    emulator = request.app[control.EMULATOR]
    entry = JournalEntry(emulator.clock(), _call(request))
    emulator.journal.append(entry)
    entry.call = call = replace(entry.call, content=await _content(request))

    def answered(scripted: Answer | None) -> Answer:
        return _answer(emulator, call, scripted)

    def noted(answer: Answer) -> None:
        entry.status = answer.status

    return await _through_faults(request, call, answered, noted)


async def _airflow(request: web.Request) -> web.StreamResponse:
    """Answer for an environment's Airflow; scripted faults apply here too, the journal is ARM's alone."""
    emulator = request.app[control.EMULATOR]
    call = replace(_call(request), content=await _content(request))

    def answered(scripted: Answer | None) -> Answer:
        return scripted or rest_api.answer(_site(emulator, request.match_info["environment"]), call, path)

    path = request.match_info["rest"]
    return await _through_faults(request, call, answered, lambda _: None)


async def _through_faults(
    request: web.Request,
    call: Call,
    answered: Callable[[Answer | None], Answer],
    noted: Callable[[Answer], None],
) -> web.StreamResponse:
    """Answer a request, in the way that a script asks for if there is one; `noted` gets what goes on the wire."""
    emulator = request.app[control.EMULATOR]
    fault = emulator.faults.take(call.method, call.path)
    if fault.delay_s:
        await emulator.sleep(fault.delay_s)
    if fault.reset == "before":
        return cut(request)
    answer = answered(fault.scripted())
    if fault.reset == "after":
        return cut(request)
    noted(answer)
    return await deliver(request, answer.with_headers(fault.headers), fault)


def _answer(emulator: Emulator, call: Call, scripted: Answer | None) -> Answer:
    """Answer as the service does that the path belongs to; what is scripted gets its headers."""
    if call.path.startswith(f"{fabric.PATH}/"):
        if scripted:
            return fabric.with_headers(scripted, str(uuid4()))
        return fabric.answer(emulator.fabric, call, emulator.settings, emulator.clock())
    return front.with_arm_headers(emulator, call, scripted) if scripted else front.answer(emulator, call)


def _site(emulator: Emulator, name: str) -> rest_api.EmulatedSite:
    environment = emulator.environments.get(name.lower())
    if environment is None:
        raise web.HTTPNotFound(text=f"the emulator has no environment {name!r}")
    settings, now = emulator.settings, emulator.clock()
    files = tuple(emulator.airflow.shown(name, now, settings.parse_seconds))
    return rest_api.EmulatedSite(settings.airflow_version, files, environment.description.login, now)


def _call(request: web.Request) -> Call:
    query, headers = request.query, request.headers
    return Call(
        method=request.method,
        path=request.rel_url.raw_path,
        query=dict(query),
        headers={name.lower(): ", ".join(headers.getall(name)) for name in headers},
        origin=f"{headers.get('X-Forwarded-Proto', 'http')}://{request.host}",
        repeated={name: list(values) for name in query if len(values := query.getall(name)) > 1},
    )


async def _content(request: web.Request) -> bytes | None:
    try:
        return await request.read()
    except web.HTTPRequestEntityTooLarge:
        return None


async def _no_such_endpoint(request: web.Request) -> web.Response:
    raise web.HTTPNotFound(text=f"the emulator has no {request.method} {request.path}; see docs/emulator.md")


async def _end_imports(app: web.Application) -> None:
    app[control.EMULATOR].end_imports()
