"""An authority made for one test run, and server certificates that are good or bad in one respect each."""

from __future__ import annotations

import datetime as dt
import ipaddress
import ssl
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_DAY: Final = dt.timedelta(days=1)
LOOPBACK: Final = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
ELSEWHERE: Final = x509.DNSName("bbb.example.org")


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


class Authority:
    """Signs server certificates; ``bundle`` is the file that trusts it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name("Test authority")
        now = dt.datetime.now(dt.UTC)
        usage = x509.KeyUsage(
            digital_signature=False,
            content_commitment=False,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            key_cert_sign=True,
            crl_sign=True,
            encipher_only=False,
            decipher_only=False,
        )
        self._identifier = x509.SubjectKeyIdentifier.from_public_key(self._key.public_key())
        certificate = (
            x509.CertificateBuilder(self._name, self._name, self._key.public_key(), x509.random_serial_number())
            .not_valid_before(now - 9 * _DAY)
            .not_valid_after(now + 9 * _DAY)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(self._identifier, critical=False)
            .sign(self._key, hashes.SHA256())
        )
        self.bundle = str(folder / "authority.pem")
        Path(self.bundle).write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    def server(
        self,
        name: x509.GeneralName = LOOPBACK,
        *,
        ends: dt.timedelta = _DAY,
        self_signed: bool = False,
    ) -> ssl.SSLContext:
        """Give a server's context whose certificate is for ``name`` and ends that much from now."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.server_file(name, ends=ends, self_signed=self_signed))
        return context

    def server_file(
        self, name: x509.GeneralName = LOOPBACK, *, ends: dt.timedelta = _DAY, self_signed: bool = False
    ) -> str:
        """Give a PEM file with such a certificate and its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        now = dt.datetime.now(dt.UTC)
        subject = _name("Test server")
        builder = (
            x509.CertificateBuilder(
                subject if self_signed else self._name, subject, key.public_key(), x509.random_serial_number()
            )
            .not_valid_before(now - 5 * _DAY)
            .not_valid_after(now + ends)
            .add_extension(x509.SubjectAlternativeName([name]), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(self._identifier), critical=False
            )
        )
        certificate = builder.sign(key if self_signed else self._key, hashes.SHA256())
        path = self._folder / f"server-{certificate.serial_number}.pem"
        path.write_bytes(_pem(key) + certificate.public_bytes(serialization.Encoding.PEM))
        return str(path)
