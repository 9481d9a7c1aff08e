"""Outgoing TLS: certificates are always checked, against the public's authorities or those of one server alone."""

import datetime
import ipaddress
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.core.exceptions import ValidationError

from integrations.clients.http.answers import CallRecord
from integrations.clients.http.transport import file_of_authorities
from integrations.core.connections.clients import pace_client, pressero_client
from integrations.errors import TransientError
from integrations.models import PaceServer
from tests.clients.conftest import WireServer, gateway_to
from tests.factories import make_account, make_server

KEY_USAGE = {
    "content_commitment": False, "key_encipherment": False, "data_encipherment": False, "key_agreement": False,
    "encipher_only": False, "decipher_only": False,
}  # fmt: skip


class Authority:
    """A certificate authority of a plant."""

    def __init__(self, name: str) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        usage = x509.KeyUsage(digital_signature=False, key_cert_sign=True, crl_sign=True, **KEY_USAGE)
        self.certificate = (
            self._builder(self.name, self.key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(usage, critical=True)
            .sign(self.key, hashes.SHA256())
        )
        self.pem = self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    def _builder(self, subject: x509.Name, key: Any) -> x509.CertificateBuilder:
        now = datetime.datetime.now(datetime.UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=2))
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False
            )
        )

    def server_files(self, folder: Path, address: str) -> tuple[Path, Path]:
        """Certificate and key of a server with this address."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "server")])
        certificate = (
            self._builder(subject, key.public_key())
            .add_extension(
                x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))]), critical=False
            )
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .sign(self.key, hashes.SHA256())
        )
        pem, private = folder / "server.pem", folder / "server.key"
        pem.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        private.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return pem, private


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority("Plant CA")


def serve(authority: Authority, folder: Path, address: str) -> Iterator[WireServer]:
    server = WireServer()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*authority.server_files(folder, address))
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join(2)


@pytest.fixture
def secure(authority: Authority, tmp_path: Path) -> Iterator[WireServer]:
    yield from serve(authority, tmp_path, "127.0.0.1")


@pytest.fixture
def misnamed(authority: Authority, tmp_path: Path) -> Iterator[WireServer]:
    """Its certificate is signed by the right authority, but for another address."""
    yield from serve(authority, tmp_path, "192.0.2.1")


def https(server: WireServer) -> str:
    return server.url.replace("http://", "https://")


def test_a_certificate_that_nobody_knows_is_refused(secure: WireServer, records: list[CallRecord]) -> None:
    with pytest.raises(TransientError, match=r"certificate of 127\.0\.0\.1:[0-9]+ is not trusted"):
        gateway_to(https(secure), records).call("GET", "/x", what="read")
    assert secure.requests == []


def test_with_its_authority_the_server_is_believed(
    secure: WireServer, records: list[CallRecord], authority: Authority
) -> None:
    gateway = gateway_to(https(secure), records, verify=file_of_authorities(authority.pem))
    assert gateway.call("GET", "/x", what="read").status == 200


def test_another_authority_does_not_make_the_server_believed(
    secure: WireServer, records: list[CallRecord], authority: Authority
) -> None:
    gateway_to(https(secure), records, verify=file_of_authorities(authority.pem)).call(
        "GET", "/x", what="read"
    )
    other = file_of_authorities(Authority("Other CA").pem)
    with pytest.raises(TransientError, match="is not trusted"):
        gateway_to(https(secure), records, verify=other).call("GET", "/x", what="read")


def test_the_right_authority_for_the_wrong_address_is_refused(
    misnamed: WireServer, records: list[CallRecord], authority: Authority
) -> None:
    with pytest.raises(TransientError, match="is not trusted"):
        gateway_to(https(misnamed), records, verify=file_of_authorities(authority.pem)).call(
            "GET", "/x", what="read"
        )
    assert misnamed.requests == []


def test_a_file_that_somebody_else_left_in_our_place_is_not_believed(authority: Authority) -> None:
    path = Path(file_of_authorities(authority.pem))
    path.write_text(Authority("Evil CA").pem)
    assert Path(file_of_authorities(authority.pem)).read_text() == authority.pem
    path.unlink()
    path.symlink_to("/etc/passwd")
    assert Path(file_of_authorities(authority.pem)).read_text() == authority.pem
    assert not path.is_symlink()
    path.unlink()


@pytest.mark.django_db
def test_the_authorities_of_a_server_reach_its_client(secure: WireServer, authority: Authority) -> None:
    secure.script = lambda call: call.answer('"31.0"')
    server = make_server(url=https(secure), ca_certificates=authority.pem)
    assert pace_client(server).version() == "31.0"
    PaceServer.objects.update(ca_certificates="")
    with pytest.raises(TransientError, match="is not trusted"):
        pace_client(PaceServer.objects.get()).version()


@pytest.mark.django_db
def test_a_client_without_authorities_of_its_own_checks_against_the_public_ones() -> None:
    assert pace_client(make_server()).config.verify is True
    assert pressero_client(make_account()).config.verify is True


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["nonsense", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"])
def test_what_is_no_certificate_is_not_taken(text: str) -> None:
    server = make_server()
    server.ca_certificates = text
    with pytest.raises(ValidationError, match="is not a certificate"):
        server.full_clean()


@pytest.mark.django_db
def test_a_private_key_is_not_taken(authority: Authority) -> None:
    server = make_server()
    server.ca_certificates = authority.pem + "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"
    with pytest.raises(ValidationError, match="private key"):
        server.full_clean()
