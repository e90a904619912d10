"""Signed messages: one RSA key and self-signed certificate for each data directory.

https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from eventmill.store.transaction import Transaction

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

_NAME = "sns.amazonaws.com"
_YEARS = 10
_NOTIFICATION = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
_CONFIRMATION = (
    *("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
)


def ensure(tx: Transaction) -> None:
    """Make the key with the first message: whoever carries messages only reads it."""
    if tx.one("SELECT 1 FROM sns_signing") is None:
        tx.execute("INSERT INTO sns_signing VALUES(1,?,?)", _make(tx.now))


def certificate(tx: Transaction) -> str | None:
    """The certificate as PEM; None before the first message."""
    row = tx.one("SELECT certificate FROM sns_signing")
    return None if row is None else row[0]


def certificate_path(certificate: str) -> str:
    """The path below the engine's address that SigningCertURL names."""
    digest = hashlib.md5(certificate.encode(), usedforsecurity=False).hexdigest()
    return f"/SimpleNotificationService-{digest}.pem"


def sign(
    tx: Transaction, shown: Mapping[str, Any], version: str, endpoint: str
) -> tuple[str, str, str]:
    """(SignatureVersion, Signature, SigningCertURL) of a message shown with these members."""
    row = tx.one("SELECT private_key, certificate FROM sns_signing")
    assert row is not None
    names = _NOTIFICATION if shown["Type"] == "Notification" else _CONFIRMATION
    text = "".join(f"{name}\n{shown[name]}\n" for name in names if shown.get(name) is not None)
    return version, _sign(row[0], text, version), endpoint + certificate_path(row[1])


@lru_cache(maxsize=256)
def _sign(private_key: bytes, text: str, version: str) -> str:
    # Kept, because all subscribers of a topic get the same signature, and making one costs more
    # than everything else about a delivery.
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15

    algorithm = hashes.SHA256() if version == "2" else hashes.SHA1()
    return base64.b64encode(_load(private_key).sign(text.encode(), PKCS1v15(), algorithm)).decode()


@lru_cache(maxsize=4)
def _load(private_key: bytes) -> RSAPrivateKey:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_der_private_key

    key = load_der_private_key(private_key, None)
    assert isinstance(key, RSAPrivateKey)
    return key


def _make(now: float) -> tuple[bytes, str]:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.x509.oid import NameOID

    key = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, _NAME)])
    begin = datetime.fromtimestamp(now, UTC) - timedelta(days=1)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=365 * _YEARS))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(_NAME)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return private, made.public_bytes(serialization.Encoding.PEM).decode()
