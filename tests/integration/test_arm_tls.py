"""The caller over TLS, as in production, with a certificate of the test's own."""

import ipaddress
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from shared.arm.clouds import arm_service
from shared.errors import ServiceRefusal, ServiceUnavailable
from shared.rest.call import RestCall
from shared.rest.caller import RestCaller
from shared.rest.retry import RetryPolicy
from shared.rest.urls import Url


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a key and a certificate for 127.0.0.1, both in one file."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file = tmp_path_factory.mktemp("tls") / "both.pem"
    file.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return file


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
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"https://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


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
