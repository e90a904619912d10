"""The checksums of S3 bodies, by the names that S3 gives the algorithms."""

from __future__ import annotations

import base64
import hashlib
import zlib
from collections.abc import Callable
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
