"""A server behind a certificate that nobody signed: `[tls]` in the target file."""

import ipaddress
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.conformance.conftest import Served
from tests.conformance.front import Front
from tests.conformance.suite_command import NARROW, suite


@pytest.fixture
def secure(served: Served, tmp_path: Path) -> Iterator[Front]:
    """The sandbox behind TLS, with a self-signed certificate in `server.pem`."""
    made = _self_signed(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made, tmp_path / "key.pem")
    with Front(served.base_url, lambda passing: passing, tls=context) as front:
        yield front


def target(served: Served, folder: Path, *tls: str) -> Path:
    """The sandbox's target file with a [tls] table of those lines."""
    lines = ["", "[tls]", *tls] if tls else []
    text = served.target.read_text(encoding="utf-8") + "\n".join(lines) + "\n"
    (folder / "target.toml").write_text(text, encoding="utf-8")
    return folder / "target.toml"


@pytest.mark.parametrize("tls", ['ca_file = "server.pem"', "verify = false"])
def test_the_target_file_says_what_to_trust(
    served: Served, secure: Front, tmp_path: Path, tls: str
) -> None:
    words = ("--target", target(served, tmp_path, tls), "--base-url", secure.url)
    done = suite("run", *words, *NARROW)
    assert done.returncode == 0, done.stdout + done.stderr


def test_without_it_the_server_cannot_be_reached(
    served: Served, secure: Front, tmp_path: Path
) -> None:
    words = ("--target", target(served, tmp_path), "--base-url", secure.url)
    done = suite("run", *words, *NARROW)
    assert done.returncode == 3
    assert "self-signed certificate" in done.stderr


def _self_signed(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a server under test")])
    here = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(here, critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "key.pem").write_bytes(secret)
    (folder / "server.pem").write_bytes(certificate.public_bytes(pem))
    return folder / "server.pem"
