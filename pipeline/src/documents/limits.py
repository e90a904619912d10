"""How large a document may be, on the disk and unpacked."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Bounds in bytes, pages, members and pixels; each names what a hostile file would exhaust."""

    bytes: int = 50 * 1024 * 1024
    pages: int = 2_000
    archive_members: int = 5_000
    archive_bytes: int = 400 * 1024 * 1024
    archive_ratio: int = 150
    pixels: int = 80_000_000


LIMITS = Limits()
