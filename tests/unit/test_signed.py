"""The door in front of the environment API: what it lets through, and what reaches ARM then."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal
from unittest.mock import MagicMock
from urllib.parse import urlsplit

import azure.functions as func
import pytest
from standardwebhooks import Webhook

from local.app_settings import sample
from shared.adf.names import FactoryId
from shared.api.endpoint import Endpoint
from shared.api.endpoints import ENDPOINTS, Parts
from shared.api.environments.actions import EnvironmentActions
from shared.api.environments.writes import EnvironmentWrites
from shared.api.signed.deliveries import REPLAYED, Deliveries
from shared.api.signed.door import Door, Signed
from shared.webhooks.secrets import parse_webhook_secrets
from tests.unit.memory import NOON, Clock, MemoryDocuments
from tests.unit.test_environment_api import ScriptedArm, spec

OLD, NEW = ("whsec_" + base64.b64encode(bytes([n]) * 32).decode() for n in range(2))
CANARY = "canary-4711"
BODY = json.dumps(spec(password=CANARY)).encode()
URL = "https://app.example/api/environments/made-here"


@dataclass
class App:
    """The handlers of the environment API behind a door, on storage in memory."""

    secrets: str | None = f"{NEW} {OLD}"
    unsigned: Literal["allow", "refuse"] = "allow"
    documents: MemoryDocuments = field(default_factory=lambda: MemoryDocuments(Clock()))

    def __post_init__(self) -> None:
        self.arm = ScriptedArm(spec())

    def ask(
        self, headers: dict[str, str], body: bytes = BODY, *, url: str = URL, method: Literal["put", "delete"] = "put"
    ) -> func.HttpResponse:
        request = func.HttpRequest(
            method,
            url,
            headers={"Content-Type": "application/json"} | headers,
            route_params={"name": urlsplit(url).path.rpartition("/")[2]},
            body=body,
        )
        secrets = parse_webhook_secrets(self.secrets) if self.secrets else ()
        door = Door(secrets, self.unsigned, lambda: Deliveries(self.documents), lambda: NOON)
        factories = [FactoryId.parse(sample()["RELAY_FACTORY"])]
        handler = (
            EnvironmentWrites(factories, self.arm).put
            if method == "put"
            else EnvironmentActions(factories, self.arm).delete
        )
        return Signed(handler, door, body_says_all=method == "put").answer(request)

    @property
    def methods(self) -> list[str]:
        return [call.method for call in self.arm.calls]


def standard(secret: str = NEW, body: bytes = BODY, message_id: str = "msg_1") -> dict[str, str]:
    return {
        "Webhook-Id": message_id,
        "Webhook-Timestamp": str(int(NOON.timestamp())),
        "Webhook-Signature": Webhook(secret).sign(message_id, NOON, body.decode()),
    }


def github(secret: str = NEW, body: bytes = BODY) -> dict[str, str]:
    signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {"X-Hub-Signature-256": f"sha256={signature}", "X-GitHub-Delivery": "72d3162e"}


def refusal(answer: func.HttpResponse) -> tuple[int, Any]:
    assert answer.mimetype == "application/problem+json"
    return answer.status_code, json.loads(answer.get_body())["code"]


@pytest.mark.parametrize(
    "endpoint",
    [
        each
        for each in ENDPOINTS
        if each.method != "GET" and not each.path.startswith("routes/") and not each.path.endswith("/getStatus")
    ],
    ids=lambda endpoint: endpoint.name,
)
def test_every_change_of_an_environment_is_behind_the_door(endpoint: Endpoint[Parts]) -> None:
    relay = MagicMock()
    endpoint.handler(relay)
    relay.signed.assert_called_once()
    body_says_all = endpoint.method != "DELETE" and not endpoint.path.endswith(("/start", "/stop"))
    assert relay.signed.call_args.kwargs.get("body_says_all", True) is body_says_all


@pytest.mark.parametrize("sign", [github, standard])
def test_a_signed_put_acts_once_however_often_it_comes(sign: Callable[..., dict[str, str]]) -> None:
    app = App()
    answers = [app.ask(sign()) for _ in range(3)]
    assert app.methods == ["PUT"]
    assert {(answer.status_code, answer.get_body()) for answer in answers} == {(200, answers[0].get_body())}
    assert [answer.headers.get(REPLAYED) for answer in answers] == [None, "true", "true"]


def test_a_signature_that_is_wrong_reaches_neither_arm_nor_storage() -> None:
    app = App()
    assert refusal(app.ask(standard(), BODY + b" ")) == (401, "SignatureWrong")
    assert (app.methods, app.documents.requests) == ([], 0)


def test_an_unsigned_request_goes_on_working_unless_told_otherwise() -> None:
    allowing, refusing = App(), App(unsigned="refuse")
    assert (allowing.ask({}).status_code, allowing.documents.requests) == (200, 0)
    assert refusal(refusing.ask({})) == (401, "SignatureMissing")
    assert refusing.methods == []


def test_a_signed_request_to_an_app_without_secrets_is_refused() -> None:
    app = App(secrets=None)
    assert refusal(app.ask(github())) == (401, "SignatureNotChecked")
    assert (app.methods, app.ask({}).status_code) == ([], 200)


def test_where_the_path_says_what_to_do_a_signature_over_the_body_alone_is_too_weak() -> None:
    app = App()
    overheard = github()
    assert app.ask(overheard).status_code == 200
    assert refusal(app.ask(overheard, method="delete")) == (401, "SignatureTooWeak")
    assert app.methods == ["PUT"]
    assert app.ask(standard(body=b""), b"", method="delete").status_code == 200


@pytest.mark.parametrize(
    "other",
    [
        {"body": BODY + b" "},
        {"url": URL.replace("made-here", "elsewhere")},
        {"url": f"{URL}?ifChanged=true"},
        {"method": "delete"},
    ],
)
def test_an_id_that_came_with_another_request_is_refused(other: dict[str, Any]) -> None:
    app = App()
    app.ask(standard())
    assert refusal(app.ask(standard(body=other.get("body", BODY)), **other)) == (422, "DeliveryDiffers")
    assert app.methods == ["PUT"]


def test_a_dry_run_is_answered_anew_each_time_and_leaves_its_id_to_the_real_request() -> None:
    app = App()
    for _ in range(2):
        assert REPLAYED not in app.ask(standard(), url=f"{URL}?dryRun=true").headers
    assert app.ask(standard()).status_code == 200
    assert app.methods == ["GET", "GET", "PUT"]


def test_a_refusal_that_time_heals_is_not_final() -> None:
    app = App()
    app.arm.refuse_next(409, "IntegrationRuntimeCannotBeUpdated")
    assert refusal(app.ask(standard())) == (409, "IntegrationRuntimeCannotBeUpdated")
    again = app.ask(standard())
    assert (again.status_code, REPLAYED in again.headers) == (200, False)
    assert app.ask(standard()).headers[REPLAYED] == "true"


def test_a_body_that_got_lost_is_said_so_before_its_signature_is_judged() -> None:
    app = App()
    assert refusal(app.ask(standard() | {"Transfer-Encoding": "chunked"}, b"")) == (411, "BodyMissing")
    assert refusal(app.ask(github(), b"")) == (411, "BodyMissing")
    assert refusal(app.ask(standard() | {"Content-Encoding": "gzip"})) == (415, "UnsupportedContentEncoding")
    assert app.methods == []


@pytest.mark.parametrize("name", ["X-Signature", "Stripe-Signature", "Signature-Input", "X-Shopify-Hmac-Sha256"])
def test_a_signature_in_a_style_that_is_not_known_is_refused_and_never_passed_unchecked(name: str) -> None:
    app = App()
    assert refusal(app.ask({name: "v1=abc"})) == (401, "SignatureUnknown")
    assert app.methods == []


def test_svix_headers_are_those_of_standard_webhooks() -> None:
    app = App()
    right = {name.replace("Webhook-", "svix-"): value for name, value in standard().items()}
    assert app.ask(right).status_code == 200
    assert refusal(app.ask(right, BODY + b" ")) == (401, "SignatureWrong")
    assert refusal(app.ask(right | standard())) == (401, "SignatureMalformed")


def test_another_function_key_in_the_url_is_no_other_request() -> None:
    app = App()
    app.ask(standard(), url=f"{URL}?code=one")
    assert app.ask(standard(), url=f"{URL}?code=two").headers[REPLAYED] == "true"


def test_a_replay_is_known_after_a_secret_was_put_in_front() -> None:
    before = App(secrets=OLD)
    before.ask(standard(OLD))
    after = App(secrets=f"{NEW} {OLD}", documents=before.documents)
    assert after.ask(standard(NEW)).headers[REPLAYED] == "true"
    assert after.methods == []


def test_a_github_request_without_an_id_acts_each_time() -> None:
    app = App()
    headers = {"X-Hub-Signature-256": github()["X-Hub-Signature-256"]}
    app.ask(headers)
    app.ask(headers)
    assert (app.methods, app.documents.requests) == (["PUT", "PUT"], 0)


def test_a_body_that_is_too_large_is_not_hashed() -> None:
    answer = App().ask(standard(), b"x" * (1024 * 1024 + 1))
    assert (answer.status_code, answer.mimetype) == (413, "application/problem+json")


def test_nothing_of_a_secret_is_stored() -> None:
    app = App()
    app.ask(standard())
    ((content, _),) = app.documents.stored.values()
    assert CANARY not in content.decode()
    assert hashlib.sha256(BODY).hexdigest() not in content.decode()
    assert github()["X-Hub-Signature-256"].removeprefix("sha256=") not in content.decode()


def test_a_delivery_from_before_a_secret_was_taken_out_is_refused_and_not_done_again() -> None:
    before = App(secrets=OLD)
    before.ask(standard(OLD))
    after = App(secrets=NEW, documents=before.documents)
    assert refusal(after.ask(standard(NEW))) == (422, "DeliveryDiffers")
    assert after.methods == []
