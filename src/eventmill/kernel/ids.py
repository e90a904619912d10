"""Identifiers, all from one source that a seed makes repeatable."""

from __future__ import annotations

import base64
import random
import string

_TOKEN = string.ascii_letters + string.digits
_DRAWN = 64
"""UUIDs drawn at once: the system's source of chance is slow to ask."""


class Ids:
    """Random names in the forms that AWS uses. Not for secrets."""

    def __init__(self, seed: int | None = None) -> None:
        self._random = random.Random(seed) if seed is not None else random.SystemRandom()
        self._uuids: list[str] = []

    def uuid(self) -> str:
        """A lower-case version 4 UUID."""
        try:
            # One step, so that two threads never get the same one.
            text = self._uuids.pop()
        except IndexError:
            block = self._random.randbytes(16 * _DRAWN).hex()
            drawn = [block[start : start + 32] for start in range(0, 32 * _DRAWN, 32)]
            text = drawn.pop()
            self._uuids.extend(drawn)
        variant = "89ab"[int(text[16], 16) & 3]
        return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-{variant}{text[17:20]}-{text[20:]}"

    def hex(self, digits: int) -> str:
        """`digits` lower-case hexadecimal digits."""
        return f"{self._random.getrandbits(digits * 4):0{digits}x}"

    def token(self, length: int) -> str:
        """`length` ASCII letters and digits."""
        return "".join(self._random.choices(_TOKEN, k=length))

    def lower(self, length: int) -> str:
        """`length` lower-case letters and digits, starting with a letter (API ids)."""
        letters = self._random.choices(string.ascii_lowercase, k=1)
        return "".join(
            letters + self._random.choices(string.ascii_lowercase + string.digits, k=length - 1)
        )

    def percentage(self) -> float:
        """A number from 0 to below 100, for the share of a canary."""
        return self._random.random() * 100

    def opaque(self, size: int) -> str:
        """URL-safe base64 of `size` random bytes."""
        return base64.urlsafe_b64encode(self._random.randbytes(size)).decode()

    def trace_root(self, now: float) -> str:
        """An X-Ray trace id, `1-<8 hex of the time>-<24 hex>`."""
        return f"1-{int(now):08x}-{self.hex(24)}"
