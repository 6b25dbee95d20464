"""Any request at all to any route of the app, whatever ARM answers: a documented status and no exception."""

from datetime import timedelta
from http import HTTPStatus
from typing import Any

import azure.functions as func
import requests
from hypothesis import given
from hypothesis import strategies as st
from requests.structures import CaseInsensitiveDict

from local.app_settings import sample
from shared.api.endpoint import Endpoint
from shared.api.endpoints import ENDPOINTS, Parts
from shared.app import App
from shared.rest.answers import RestAnswer
from shared.rest.caller import RestCaller
from shared.settings import read_settings
from shared.sync.engine import Ports, build
from shared.targets.data_factory import DataFactory
from tests.unit.any_json import anything, specs
from tests.unit.memory import FACTORY, Clock, MemoryDocuments, MemoryQueue, make_manifest
from tests.unit.test_arm_tokens import Identity

SECRET = "whsec_" + "A" * 43 + "="
SETTINGS = read_settings(sample() | {"RELAY_WEBHOOK_SECRETS": SECRET})
TOLD_BY_US = {304, 400, 401, 403, 404, 409, 411, 412, 413, 415, 422, 502, 503}
Outcome = RestAnswer | Exception


class AnyTransport:
    """Answers as it is told, again and again."""

    def __init__(self, outcomes: list[Outcome]) -> None:
        self._outcomes = outcomes

    def send(self, *_: object, **__: object) -> RestAnswer:
        outcome = self._outcomes[0] if len(self._outcomes) == 1 else self._outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


def relay_with(outcomes: list[Outcome]) -> App:
    """Return the app's parts, with storage in memory, a clock that waiting moves, and the given answers of ARM."""
    clock, relay = Clock(), App(SETTINGS)

    def sleep(seconds: float) -> None:
        clock.seconds += seconds

    arm = RestCaller(SETTINGS.cloud, Identity(), clock=clock.monotonic, sleep=sleep)
    vars(arm)["_transport"] = AnyTransport(outcomes)
    documents = MemoryDocuments(clock)
    ports = Ports(
        documents=documents,
        wake_ups=MemoryQueue(clock),
        list_folder=lambda _: make_manifest(listed=0),
        list_folders=lambda _: {},
        read_files=lambda *_: iter(()),
        fetch_file=lambda *_: None,
        target_of=lambda _: DataFactory(arm, timedelta(0)),
        clock=clock.monotonic,
    )
    engine = build(ports, SETTINGS.policy, SETTINGS.routes)
    vars(relay).update(_arm=arm, _documents=documents, engine=engine)
    return relay


printable = st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=20)
statuses = st.sampled_from(
    (200, 200, 200, 201, 202, 204, 304, 307, 400, 401, 403, 404, 405, 409, 412, 429, 499, 500, 501, 503, 599)
)
arm_bodies = specs() | anything | st.just('{"properties": {"type": "Airflow"}, "etag": "e"}') | st.text(max_size=30)
arm_headers = st.dictionaries(
    st.sampled_from(("ETag", "Retry-After", "x-ms-request-id", "Location", "WWW-Authenticate", "Content-Type")),
    printable,
)
arm_answers = st.builds(
    lambda status, headers, body: RestAnswer(status, CaseInsensitiveDict(headers), body.encode(errors="surrogatepass")),
    statuses,
    arm_headers,
    arm_bodies,
)
failures = st.sampled_from((requests.ConnectionError("x"), requests.ReadTimeout("x"), ConnectionResetError(104, "x")))
names = (
    st.sampled_from(("made-here", "default", "..", "", "a/b", "\u212a8s", "x" * 300)) | printable | st.text(max_size=5)
)
ids = {
    "subscriptionId": st.just(FACTORY.subscription) | names,
    "resourceGroupName": st.just(FACTORY.resource_group) | names,
    "factoryName": st.just(FACTORY.name) | names,
}
headers = st.fixed_dictionaries(
    {},
    optional={
        "Content-Type": st.sampled_from(("application/json", "application/merge-patch+json", "APPLICATION/JSON; x"))
        | printable,
        "If-Match": printable,
        "If-None-Match": st.just("*") | printable,
        "X-Hub-Signature-256": printable,
        "webhook-id": printable,
        "webhook-timestamp": printable,
        "webhook-signature": printable,
        "traceparent": printable,
    },
)
queries = st.sampled_from(
    (
        "",
        "?dryRun=true",
        "?ifChanged=true",
        "?api-version=2018-06-01",
        "?api-version=2018-06-01&dryRun=true",
        "?code=x&&=",
    )
) | st.text(max_size=20).map("?{}".format)
hosts = st.sampled_from(("app.example", "[", "[::1", "a:b:c", "", "ex\u2100mple", "a@b", "user:pw@host"))
bodies = st.one_of(specs(), anything).map(lambda source: source.encode(errors="surrogatepass")) | st.binary(max_size=30)


@st.composite
def asked(draw: st.DrawFn, endpoint: Endpoint[Parts]) -> func.HttpRequest:
    """Make a request to an endpoint, as the host could hand it over."""
    parts = [part.strip("{}") for part in endpoint.url_path.split("/") if part.startswith("{")]
    params = {part: draw(ids.get(part, names)) for part in parts}
    url = f"https://{draw(hosts)}{endpoint.url_path.format(**params)}{draw(queries)}"
    return func.HttpRequest(
        endpoint.method, url, headers=draw(headers), params={}, route_params=params, body=draw(bodies)
    )


@st.composite
def exchanges(draw: st.DrawFn) -> tuple[Endpoint[Parts], func.HttpRequest, list[Any]]:
    endpoint = draw(st.sampled_from(ENDPOINTS))
    return endpoint, draw(asked(endpoint)), draw(st.lists(arm_answers | failures, min_size=1, max_size=3))


@given(exchanges())
def test_any_request_is_answered_with_a_documented_status(
    exchange: tuple[Endpoint[Parts], func.HttpRequest, list[Any]],
) -> None:
    endpoint, request, outcomes = exchange
    of_arm = {each.status for each in outcomes if isinstance(each, RestAnswer) and 200 <= each.status < 500}
    answer = endpoint.handler(relay_with(outcomes))(request)
    assert isinstance(answer, func.HttpResponse)
    assert answer.status_code in {HTTPStatus.OK, HTTPStatus.ACCEPTED} | TOLD_BY_US | of_arm
    for name, value in answer.headers.items():
        assert "\n" not in f"{name}{value}"
