"""Checks of a zip archive that must hold before any library unpacks it."""

import io
import zipfile
import zlib

from documents.errors import Permanent
from documents.limits import Limits

_CHUNK = 1 << 20
_SMALL = 4 << 20
"""Below this unpacked size a high ratio is ordinary (empty sheets) and harmless."""


def check_archive(data: bytes, limits: Limits) -> zipfile.ZipFile:
    """The opened archive after its bounds and every member's checksum were checked.

    Raises Permanent `encrypted`, `corrupt` or `too-large`.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as error:
        raise Permanent("corrupt", f"the archive cannot be opened: {error}") from error
    members = archive.infolist()
    _check_bounds(members, len(data), limits)
    try:
        for member in members:
            with archive.open(member) as stream:
                while stream.read(_CHUNK):
                    pass
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError) as error:
        raise Permanent("corrupt", f"{member.filename!r} cannot be unpacked: {error}") from error
    return archive


def _check_bounds(members: list[zipfile.ZipInfo], packed: int, limits: Limits) -> None:
    if len(members) > limits.archive_members:
        raise Permanent(
            "too-large", f"{len(members)} members, at most {limits.archive_members} are read"
        )
    if any(member.flag_bits & 0x1 for member in members):
        raise Permanent("encrypted", "the archive is protected by a password: remove it")
    size = sum(member.file_size for member in members)
    if size > limits.archive_bytes:
        raise Permanent(
            "too-large", f"{size} bytes unpacked, at most {limits.archive_bytes} are read"
        )
    if size > _SMALL and size > packed * limits.archive_ratio:
        raise Permanent("too-large", f"unpacks to {size // max(packed, 1)} times its size")
