"""Member names of a zip archive of which only the two ends are at hand."""

import struct

_END = b"PK\x05\x06"
_CENTRAL = b"PK\x01\x02"
_LOCAL = b"PK\x03\x04"


def zip_names(head: bytes, tail: bytes) -> list[str]:
    """Names from the central directory as far as `tail` holds it, else from the local headers.

    Local headers are the fallback for cut-off archives, whose directory is gone.
    """
    names = _entries(tail, _CENTRAL, fixed=46, name_at=28) if _END in tail else []
    return names or _entries(head, _LOCAL, fixed=30, name_at=26)


def _entries(data: bytes, signature: bytes, fixed: int, name_at: int) -> list[str]:
    names = []
    at = data.find(signature)
    while at != -1 and at + fixed <= len(data):
        (length,) = struct.unpack_from("<H", data, at + name_at)
        raw = data[at + fixed : at + fixed + length]
        if len(raw) == length:
            names.append(raw.decode("utf-8", "replace"))
        at = data.find(signature, at + fixed + length)
    return names
