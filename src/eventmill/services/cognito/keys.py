"""The RSA keys that sign pools' tokens, and their public halves as key sets."""

from __future__ import annotations

import base64
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from eventmill.store.transaction import Transaction

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey


def make() -> bytes:
    """A new private key, PKCS #8."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    return rsa.generate_private_key(65_537, 2_048).private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


@lru_cache(maxsize=64)
def load(private_key: bytes) -> RSAPrivateKey:
    """The key; kept, because to read one takes longer than to sign with it."""
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_der_private_key

    key = load_der_private_key(private_key, None)
    assert isinstance(key, RSAPrivateKey)
    return key


def of_pool(tx: Transaction, pool: str) -> tuple[str, RSAPrivateKey] | None:
    """(kid, key) of a pool; None when there is no such pool."""
    row = tx.one("SELECT kid, private_key FROM cognito_pools WHERE id=?", (pool,))
    return None if row is None else (row[0], load(row[1]))


def published(tx: Transaction, pool: str) -> list[dict[str, Any]] | None:
    """The key set (JWKS) of a pool's tokens; None when there is no such pool."""
    found = of_pool(tx, pool)
    if found is None:
        return None
    kid, key = found
    numbers = key.public_key().public_numbers()
    return [
        {
            "alg": "RS256",
            "e": _text(numbers.e),
            "kid": kid,
            "kty": "RSA",
            "n": _text(numbers.n),
            "use": "sig",
        }
    ]


def _text(number: int) -> str:
    data = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
