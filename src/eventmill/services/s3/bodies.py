"""Bodies of objects: short ones in the row, long ones as files of the store, read in ranges."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from eventmill.kernel.errors import Fault
from eventmill.services.contract import INLINE_BODY, Call, Download, Upload
from eventmill.store.blobs import BlobSlice, Hold, StagedBlob

Blobs = Sequence[tuple[str, int]]
"""(name, size) of the files that make up a body."""

_RANGE = re.compile(r"bytes=(\d*)-(\d*)\Z")


def keep(upload: Upload) -> tuple[bytes | None, str | None]:
    """(body, blobs) as a row holds them; a staged file is made durable first."""
    if upload.blob is None:
        return upload.data or b"", None
    return None, json.dumps([[upload.blob.keep(), upload.size]])


def stored(call: Call, data: bytes) -> tuple[bytes | None, str | None]:
    """As `keep`, for a body that is in memory already."""
    if len(data) <= INLINE_BODY:
        return data, None
    staged = stage(call)
    staged.write(data)
    return None, json.dumps([[staged.keep(), len(data)]])


def stage(call: Call) -> StagedBlob:
    """A new body to be written, which is deleted when the change does not come about."""
    staged = call.blobs.stage()
    call.tx.unless_committed(staged.discard)
    return staged


def drop(call: Call, blobs: str | None) -> None:
    """Delete the files of a row that is being deleted, once that is committed."""
    for name, _ in json.loads(blobs) if blobs else ():
        call.tx.after_commit(lambda name=name: call.blobs.delete(name))  # type: ignore[misc]


def whole(call: Call, size: int, body: bytes | None, blobs: str | None) -> Download:
    """The whole body."""
    return part(call, body, blobs, 0, size)


def part(
    call: Call,
    body: bytes | None,
    blobs: str | None,
    start: int,
    length: int,
    hold: Hold | None = None,
) -> Download:
    """`length` bytes from `start`; `hold` was taken before their row was read, for who reads them
    after the transaction."""
    if blobs is None:
        return Download(((body or b"")[start : start + length],), length)
    pieces: list[bytes | BlobSlice] = []
    left, offset = length, start
    for name, size in json.loads(blobs):
        if offset >= size:
            offset -= size
            continue
        taken = min(size - offset, left)
        if taken > 0:
            pieces.append(BlobSlice(call.blobs.path(name), offset, taken))
        left -= taken
        offset = 0
    return Download(tuple(pieces), length, hold)


def parse_range(text: str | None, size: int) -> tuple[int, int] | None:
    """(start, length), or None when the whole is wanted. Raises Fault (InvalidRange).

    A header of several ranges, or of another form, is ignored, as S3 does.
    """
    found = _RANGE.match(text or "")
    if found is None or found.groups() == ("", ""):
        return None
    first, last = found.groups()
    if first == "":
        start, end = max(0, size - int(last)), size - 1
        satisfiable = int(last) > 0 and size > 0
    else:
        start, end = int(first), min(int(last or size - 1), size - 1)
        satisfiable = start < size and (last == "" or int(last) >= start)
    if not satisfiable:
        raise Fault(
            "InvalidRange",
            "The requested range is not satisfiable",
            status=416,
            fields={"RangeRequested": text, "ActualObjectSize": size},
            headers={"content-range": f"bytes */{size}"},
        )
    return start, end - start + 1


def parse_part(number: int, sizes: Sequence[int], size: int) -> tuple[int, int]:
    """(start, length) of a part by its number. Raises Fault (InvalidPartNumber)."""
    if not 1 <= number <= len(sizes):
        raise Fault(
            "InvalidPartNumber",
            "The requested partnumber is not satisfiable",
            status=416,
            fields={"PartNumberRequested": number, "ActualPartCount": len(sizes)},
            headers={"content-range": f"bytes */{size}"},
        )
    return sum(sizes[: number - 1]), sizes[number - 1]


def copied(call: Call, body: bytes | None, blobs: str | None) -> tuple[bytes | None, str | None]:
    """A body of its own for a copy: files are copied, since each belongs to one row."""
    if blobs is None:
        return body, None
    made: list[Any] = []
    for name, size in json.loads(blobs):
        staged = stage(call)
        with call.blobs.path(name).open("rb") as source:
            while data := source.read(1 << 20):
                staged.write(data)
        made.append([staged.keep(), size])
    return None, json.dumps(made)


_PIECE = 1 << 20


def pieces(body: Download) -> Iterator[bytes]:
    """The bytes of a body, a megabyte of its files at a time."""
    for part in body.parts:
        if isinstance(part, bytes):
            yield part
            continue
        with part.path.open("rb") as file:
            file.seek(part.offset)
            left = part.length
            while left > 0 and (piece := file.read(min(_PIECE, left))):
                left -= len(piece)
                yield piece
