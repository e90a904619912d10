"""The certificate of the engine's port, signed by an authority that lives for one signature.

Functions trust it through AWS_CA_BUNDLE and SSL_CERT_FILE, next to the authorities that they would
trust without these. The authority's key is thrown away, so nobody can sign anything else with it.
"""

from __future__ import annotations

import contextlib
import ipaddress
import os
import re
import ssl
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from eventmill.config import Settings

if TYPE_CHECKING:
    from cryptography.x509 import GeneralName, KeyUsage

_DAYS = 3_650
_FORM = "2"
"""Another for certificates of another form: those of an earlier start are then made anew."""
_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)


def certified(settings: Settings) -> list[str]:
    """The hosts and addresses that clients may reach the engine by."""
    names = [
        *("localhost", "127.0.0.1", "::1", "*.localhost", "*.execute-api.localhost"),
        *("localhost.localstack.cloud", "*.execute-api.localhost.localstack.cloud"),
        f"*.execute-api.{settings.region}.amazonaws.com",
        urlsplit(settings.public_url or "").hostname or "",
        settings.host,
    ]
    kept = dict.fromkeys(name for name in names if name not in ("", "0.0.0.0", "::"))
    return list(kept)


class Certificate:
    """The files of one data directory; `names` are the hosts and addresses it is for."""

    def __init__(self, folder: Path, names: Sequence[str]) -> None:
        self._folder = folder
        self._names = names
        self.authority = folder / "authority.pem"
        self.bundle = folder / "bundle.pem"
        """The authority among those that the machine and AWS's SDK for Python trust."""
        self._own = folder / "server.pem"
        self._context: ssl.SSLContext | None = None

    def make(self, now: float) -> None:
        """Write the files; those that are there for the same names stay.

        The bundle is always made anew, since the machine's authorities may have changed.
        """
        listed, wanted = self._folder / "names", "\n".join([_FORM, *self._names])
        if not listed.exists() or listed.read_text() != wanted:
            self._folder.mkdir(parents=True, exist_ok=True)
            # Gone first and written last: files of a start that was cut off are made anew, also for
            # the names that they were for before.
            listed.unlink(missing_ok=True)
            self._sign(now)
            listed.write_text(wanted)
        certificates = dict.fromkeys([*_trusted(), self.authority.read_bytes().strip()])
        self.bundle.write_bytes(b"\n".join(certificates) + b"\n")

    def _sign(self, now: float) -> None:
        authority, own = _signed(self._names, datetime.fromtimestamp(now, UTC))
        descriptor = os.open(self._own, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(own)
        self.authority.write_bytes(authority)

    def context(self) -> ssl.SSLContext:
        """For the server's side; loaded with the first connection that needs it."""
        if self._context is None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self._own)
            self._context = context
        return self._context


def _trusted() -> Iterator[bytes]:
    """What programs on this machine trust: by OpenSSL, AWS_CA_BUNDLE, botocore and certifi."""
    import botocore

    machine = ssl.get_default_verify_paths()
    folders = [Path(part) for part in (machine.capath or "").split(os.pathsep) if part]
    files = [Path(name) for name in (machine.cafile, os.environ.get("AWS_CA_BUNDLE")) if name]
    files.append(Path(botocore.__file__).with_name("cacert.pem"))
    with contextlib.suppress(ImportError):
        import certifi

        files.append(Path(certifi.where()))
    for folder in folders:
        with contextlib.suppress(OSError):
            files += sorted(folder.iterdir())
    # Many names of a folder lead to one file.
    for path in dict.fromkeys(map(Path.resolve, files)):
        # What may not be read here, OpenSSL could not trust either.
        with contextlib.suppress(OSError):
            yield from _PEM.findall(path.read_bytes())


def _signed(names: Sequence[str], now: datetime) -> tuple[bytes, bytes]:
    """(the authority's certificate, the server's with its key), as PEM."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    begin, end = now - timedelta(days=1), now + timedelta(days=_DAYS)

    def builder(
        title: str, issuer: str, key: ec.EllipticCurvePrivateKey
    ) -> x509.CertificateBuilder:
        def named(text: str) -> x509.Name:
            return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])

        return (
            x509.CertificateBuilder()
            .subject_name(named(title))
            .issuer_name(named(issuer))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(begin)
            .not_valid_after(end)
        )

    above, below = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    issuer = "Eventmill of this data directory"
    authority = (
        builder(issuer, issuer, above)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_signing(), critical=True)
        .add_extension(
            x509.SubjectKeyIdentifier.from_public_key(above.public_key()), critical=False
        )
        .sign(above, hashes.SHA256())
    )
    key_id = x509.AuthorityKeyIdentifier.from_issuer_public_key(above.public_key())
    own = (
        builder("eventmill", issuer, below)
        .add_extension(x509.SubjectAlternativeName(list(map(_name, names))), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([x509.OID_SERVER_AUTH]), critical=False)
        .add_extension(key_id, critical=False)
        .sign(above, hashes.SHA256())
    )
    key = below.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    pem = serialization.Encoding.PEM
    return authority.public_bytes(pem), own.public_bytes(pem) + key


def _signing() -> KeyUsage:
    """What strict verifiers, Python's own from 3.13 on, want of an authority."""
    from cryptography import x509

    return x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )


def _name(text: str) -> GeneralName:
    from cryptography import x509

    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)
