"""The checksums of S3 bodies, by the names that S3 gives the algorithms."""

from __future__ import annotations

import base64
import hashlib
import zlib
from collections.abc import Callable, Sequence
from typing import Protocol

HEADERS = {
    "x-amz-checksum-crc32": "CRC32",
    "x-amz-checksum-crc32c": "CRC32C",
    "x-amz-checksum-crc64nvme": "CRC64NVME",
    "x-amz-checksum-sha1": "SHA1",
    "x-amz-checksum-sha256": "SHA256",
}
"""Header or trailer → algorithm."""


class Checksum(Protocol):
    """A checksum that grows with the body."""

    def update(self, data: bytes, /) -> object:
        """Add `data`."""

    def digest(self) -> bytes:
        """The bytes that S3 prints in base64."""


class _Crc:
    def __init__(self, function: Callable[[bytes, int], int], size: int) -> None:
        self._function = function
        self._size = size
        self._value = 0

    def update(self, data: bytes) -> None:
        self._value = self._function(data, self._value)

    def digest(self) -> bytes:
        return self._value.to_bytes(self._size, "big")


def new(algorithm: str) -> Checksum:
    """A fresh checksum. Raises KeyError for an algorithm that S3 does not have."""
    if algorithm == "CRC32":
        return _Crc(zlib.crc32, 4)
    if algorithm in ("CRC32C", "CRC64NVME"):
        # Loaded here: its C library is only worth its start-up time where it is used.
        from awscrt import checksums

        if algorithm == "CRC32C":
            return _Crc(checksums.crc32c, 4)
        return _Crc(checksums.crc64nvme, 8)
    return {"SHA1": hashlib.sha1, "SHA256": hashlib.sha256}[algorithm]()


def text(checksum: Checksum) -> str:
    """Base64 of the digest."""
    return base64.b64encode(checksum.digest()).decode()


_POLYNOMIALS = {
    "CRC32": (0xEDB88320, 32),
    "CRC32C": (0x82F63B78, 32),
    "CRC64NVME": (0x9A6C9329AC4BC9B5, 64),
}
"""Of the cyclic checksums: the polynomial, its lowest power first, and its bits."""


def combined(algorithm: str, parts: Sequence[tuple[bytes, int]]) -> bytes:
    """The digest of a body from those of its parts, each with its size in bytes.

    A cyclic checksum is linear: that of a part is moved past the bytes behind it, by squaring the
    step over one zero bit as often as their number needs. Raises KeyError for other algorithms.
    """
    polynomial, bits = _POLYNOMIALS[algorithm]
    total = 0
    for digest, size in parts:
        total = _past(total, size, polynomial, bits) ^ int.from_bytes(digest, "big")
    return total.to_bytes(bits // 8, "big")


def _past(value: int, size: int, polynomial: int, bits: int) -> int:
    """A checksum with `size` zero bytes behind its body."""
    step = [polynomial, *(1 << number for number in range(bits - 1))]
    for _ in range(3):
        step = _twice(step)
    while size:
        if size & 1:
            value = _times(step, value)
        size >>= 1
        step = _twice(step)
    return value


def _times(matrix: Sequence[int], vector: int) -> int:
    product = 0
    for column in matrix:
        if vector & 1:
            product ^= column
        vector >>= 1
    return product


def _twice(matrix: Sequence[int]) -> list[int]:
    return [_times(matrix, column) for column in matrix]
