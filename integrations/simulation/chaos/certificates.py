"""Certificates for the sandboxes of the matrix: an authority of its own, and a server's certificate that is good or has expired."""

from __future__ import annotations

import ipaddress
import ssl
import tempfile
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_USAGE = {
    "content_commitment": False, "key_encipherment": False, "data_encipherment": False, "key_agreement": False,
    "encipher_only": False, "decipher_only": False,
}  # fmt: skip
_DAY = timedelta(days=1)


class Authority:
    """Signs certificates for 127.0.0.1."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Sandbox CA")])
        usage = x509.KeyUsage(digital_signature=False, key_cert_sign=True, crl_sign=True, **_USAGE)
        certificate = (
            self._builder(self._name, self._key.public_key(), until=datetime.now(UTC) + 2 * _DAY)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(usage, critical=True)
            .sign(self._key, hashes.SHA256())
        )
        self.pem = certificate.public_bytes(serialization.Encoding.PEM).decode()

    def chain(self, *, until: datetime) -> bytes:
        """A server's key and its certificate, which is good until then."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sandbox")])
        address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
        certificate = (
            self._builder(subject, key.public_key(), until=until)
            .add_extension(x509.SubjectAlternativeName([address]), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .sign(self._key, hashes.SHA256())
        )
        form, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        private = key.private_bytes(serialization.Encoding.PEM, form, plain)
        return private + certificate.public_bytes(serialization.Encoding.PEM)

    def _builder(
        self, subject: x509.Name, key: ec.EllipticCurvePublicKey, *, until: datetime
    ) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(datetime.now(UTC) - 3 * _DAY)
            .not_valid_after(until)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False
            )
        )


class Papers:
    """What a server shows to whoever connects; it can expire at any time, and be renewed."""

    def __init__(self) -> None:
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._show(_good())

    def let_expire(self) -> None:
        self._show(_expired())

    def renew(self) -> None:
        self._show(_good())

    def _show(self, chain: bytes) -> None:
        with tempfile.NamedTemporaryFile(suffix=".pem") as written:
            written.write(chain)
            written.flush()
            self.context.load_cert_chain(Path(written.name))


@cache
def authority() -> Authority:
    """The one that all servers of this process have."""
    return Authority()


@cache
def _good() -> bytes:
    return authority().chain(until=datetime.now(UTC) + _DAY)


@cache
def _expired() -> bytes:
    return authority().chain(until=datetime.now(UTC) - _DAY)
