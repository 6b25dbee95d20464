"""The caller over TLS, as in production, with a certificate of the test's own."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from shared.arm.clouds import arm_service
from shared.errors import ServiceRefusal, ServiceUnavailable
from shared.rest.call import RestCall
from shared.rest.caller import RestCaller
from shared.rest.retry import RetryPolicy
from shared.rest.urls import Url
from tests.https_front import made_certificate, serving_tls


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_certificate(tmp_path_factory.mktemp("tls"))


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "1000" if "drip" in self.path else "4")
        self.end_headers()
        self.wfile.write(b"true")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def origin(certificate: Path) -> Iterator[str]:
    with serving_tls(_Handler, certificate) as address:
        yield address


class _Token:
    token = "not a real one"  # noqa: S105

    def get_token(self, *_: str) -> "_Token":
        return self


def call(origin: str, path: str = "/a", deadline_s: float = 30, *, trust_environment: bool = True) -> object:
    caller = RestCaller(
        arm_service(origin, "scope"), _Token(), policy=RetryPolicy(attempts=1), trust_environment=trust_environment
    )
    return caller.call(RestCall("test", "GET", Url(path)), deadline_s=deadline_s).json()


def test_a_certificate_that_the_environment_names_is_trusted_if_the_environment_is(
    origin: str, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    assert call(origin) is True
    with pytest.raises(ServiceRefusal, match="SSLCertVerificationError"):
        call(origin, trust_environment=False)


def test_an_unknown_certificate_is_final(origin: str) -> None:
    with pytest.raises(ServiceRefusal) as refused:
        call(origin)
    assert refused.value.code == "NotSendable"


def test_an_answer_that_does_not_end_ends_at_the_deadline_over_tls_too(
    origin: str, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    with pytest.raises(ServiceUnavailable, match="NoAnswer"):
        call(origin, "/drip", deadline_s=1)
