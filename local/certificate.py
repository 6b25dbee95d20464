"""A certificate for this machine, made on the spot: with it the local storage speaks TLS, as Azure's does."""

import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import certifi
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from local.ports import LOOPBACK

_LIFETIME = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Certificate:
    """Files: the certificate, its private key, and a bundle of it and the public authorities for those who trust it."""

    certificate: Path
    key: Path
    bundle: Path

    @property
    def trusting(self) -> dict[str, str]:
        """Return the variables that let a process trust it: `requests`, and OpenSSL (aiohttp, .NET)."""
        return {"REQUESTS_CA_BUNDLE": str(self.bundle), "SSL_CERT_FILE": str(self.bundle)}


def make_certificate(folder: Path) -> Certificate:
    """Write a new certificate for the loopback address into the folder."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, LOOPBACK)])
    now, number = datetime.now(UTC), x509.random_serial_number()
    builder = x509.CertificateBuilder(name, name, key.public_key(), number, now - timedelta(hours=1), now + _LIFETIME)
    hosts = [x509.IPAddress(ipaddress.ip_address(LOOPBACK)), x509.DNSName("localhost")]
    signed = (
        builder.add_extension(x509.SubjectAlternativeName(hosts), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    made = Certificate(folder / "certificate.pem", folder / "key.pem", folder / "bundle.pem")
    own = signed.public_bytes(serialization.Encoding.PEM)
    made.certificate.write_bytes(own)
    made.bundle.write_bytes(Path(certifi.where()).read_bytes() + b"\n" + own)
    made.key.touch(mode=0o600)
    made.key.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return made
