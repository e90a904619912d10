"""A client of the Secure Remote Password protocol as Cognito's are, after RFC 5054."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from typing import Any

from eventmill.services.cognito.passwords import PRIME

MOMENT = "Tue Nov 24 19:05:34 UTC 2026"


def signed(number: int) -> bytes:
    """As Java's BigInteger gives its bytes."""
    text = f"{number:x}"
    text = text.zfill(len(text) + len(text) % 2)
    return bytes.fromhex(f"00{text}" if text[0] in "89abcdef" else text)


def digest(*parts: bytes) -> int:
    return int.from_bytes(hashlib.sha256(b"".join(parts)).digest(), "big")


class Client:
    """One sign-in."""

    def __init__(self, pool: str) -> None:
        self.pool = pool.partition("_")[2]
        self.own = secrets.randbits(256)
        self.public = pow(2, self.own, PRIME)

    @property
    def begin(self) -> dict[str, str]:
        return {"SRP_A": f"{self.public:x}"}

    def answer(self, challenge: dict[str, Any], password: str) -> dict[str, str]:
        """ChallengeResponses for the parameters of PASSWORD_VERIFIER."""
        user, other = challenge["USER_ID_FOR_SRP"], int(challenge["SRP_B"], 16)
        scramble = digest(signed(self.public), signed(other))
        inner = hashlib.sha256(f"{self.pool}{user}:{password}".encode()).digest()
        secret = digest(signed(int(challenge["SALT"], 16)), inner)
        factor = digest(signed(PRIME), signed(2))
        base = (other - factor * pow(2, secret, PRIME)) % PRIME
        shared = pow(base, self.own + scramble * secret, PRIME)
        mixed = hmac.new(signed(scramble), signed(shared), hashlib.sha256).digest()
        key = hmac.new(mixed, b"Caldera Derived Key\x01", hashlib.sha256).digest()[:16]
        block = challenge["SECRET_BLOCK"]
        said = f"{self.pool}{user}".encode() + base64.b64decode(block) + MOMENT.encode()
        claim = hmac.new(key, said, hashlib.sha256).digest()
        return {
            "USERNAME": user,
            "PASSWORD_CLAIM_SECRET_BLOCK": block,
            "PASSWORD_CLAIM_SIGNATURE": base64.b64encode(claim).decode(),
            "TIMESTAMP": MOMENT,
        }
