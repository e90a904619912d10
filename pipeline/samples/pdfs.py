"""A small PDF writer: pages of lines in Helvetica, optionally locked with a password.

Own code because the samples need one that is exact to the byte, and one that encrypts.
"""

import hashlib

_PAD = bytes.fromhex("28bf4e5e4e758a4164004e56fffa01082e2e00b6d0683e802f0ca9fe6453697a")
_PERMISSIONS = -4
_FILE_ID = hashlib.md5(b"eventmill samples").digest()

Line = tuple[float, float, float, str]
"""x and y in points from the upper left, font size, text."""


def pdf(pages: list[list[Line]], password: str | None = None) -> bytes:
    """The file's bytes; with `password` it opens only with that."""
    count = len(pages)
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(count))
    bodies: list[bytes | tuple[bytes]] = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {count} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    for number, lines in enumerate(pages):
        bodies.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {5 + 2 * number} 0 R "
            f"/Resources << /Font << /F1 3 0 R >> >> >>".encode()
        )
        bodies.append((b"\n".join(_shown(line) for line in lines),))
    return _assembled(bodies, password)


def lines(text: str, size: float = 11, top: float = 60, left: float = 60) -> list[Line]:
    """Text set line by line; an empty line is a gap."""
    return [
        (left, top + number * size * 1.45, size, line)
        for number, line in enumerate(text.strip("\n").split("\n"))
        if line.strip()
    ]


def _shown(line: Line) -> bytes:
    x, y, size, text = line
    escaped = text.encode("cp1252").replace(b"\\", b"\\\\")
    escaped = escaped.replace(b"(", b"\\(").replace(b")", b"\\)")
    return f"BT /F1 {size} Tf {x} {842 - y:.1f} Td (".encode() + escaped + b") Tj ET"


def _assembled(bodies: list[bytes | tuple[bytes]], password: str | None) -> bytes:
    key, lock = _locked(password) if password else (None, b"")
    out = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    offsets = []
    if lock:
        bodies = [*bodies, lock]
    for number, body in enumerate(bodies, 1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n".encode()
        if isinstance(body, tuple):
            stream = _rc4(_object_key(key, number), body[0]) if key else body[0]
            out += f"<< /Length {len(stream)} >>\nstream\n".encode() + stream + b"\nendstream"
        else:
            out += body
        out += b"\nendobj\n"
    start = len(out)
    out += f"xref\n0 {len(bodies) + 1}\n0000000000 65535 f \n".encode()
    out += b"".join(f"{offset:010d} 00000 n \n".encode() for offset in offsets)
    encrypt = f"/Encrypt {len(bodies)} 0 R " if lock else ""
    identity = _FILE_ID.hex()
    out += (
        f"trailer\n<< /Size {len(bodies) + 1} /Root 1 0 R {encrypt}/ID [<{identity}> <{identity}>]"
        f" >>\nstartxref\n{start}\n%%EOF\n"
    ).encode()
    return bytes(out)


def _locked(password: str) -> tuple[bytes, bytes]:
    """Key and dictionary of the standard security handler, revision 2 (ISO 32000-1, 7.6.3)."""
    padded = (password.encode() + _PAD)[:32]
    owner = _rc4(hashlib.md5(padded).digest()[:5], padded)
    seed = padded + owner + (_PERMISSIONS & 0xFFFFFFFF).to_bytes(4, "little") + _FILE_ID
    key = hashlib.md5(seed).digest()[:5]
    user = _rc4(key, _PAD)
    return key, (
        f"<< /Filter /Standard /V 1 /R 2 /P {_PERMISSIONS} /O <{owner.hex()}> /U <{user.hex()}> >>"
    ).encode()


def _object_key(key: bytes, number: int) -> bytes:
    return hashlib.md5(key + number.to_bytes(3, "little") + b"\0\0").digest()[: len(key) + 5]


def _rc4(key: bytes, data: bytes) -> bytes:
    state = list(range(256))
    j = 0
    for i in range(256):
        j = (j + state[i] + key[i % len(key)]) % 256
        state[i], state[j] = state[j], state[i]
    out = bytearray()
    i = j = 0
    for byte in data:
        i = (i + 1) % 256
        j = (j + state[i]) % 256
        state[i], state[j] = state[j], state[i]
        out.append(byte ^ state[(state[i] + state[j]) % 256])
    return bytes(out)
