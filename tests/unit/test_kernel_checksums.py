"""Checksums of bodies that come in parts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventmill.kernel import checksums


def digest(algorithm: str, body: bytes) -> bytes:
    made = checksums.new(algorithm)
    made.update(body)
    return made.digest()


@pytest.mark.parametrize("algorithm", ["CRC32", "CRC32C", "CRC64NVME"])
@given(parts=st.lists(st.binary(max_size=300), max_size=5))
def test_parts_make_up_the_checksum_of_the_whole(algorithm: str, parts: list[bytes]) -> None:
    given = [(digest(algorithm, part), len(part)) for part in parts]
    assert checksums.combined(algorithm, given) == digest(algorithm, b"".join(parts))


def test_other_checksums_cannot_be_put_together() -> None:
    with pytest.raises(KeyError):
        checksums.combined("SHA256", [])
