"""Reading request bodies and sending answers over ASGI, without holding large ones in memory."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Protocol

from eventmill.kernel.errors import TooLarge
from eventmill.services.contract import INLINE_BODY, Download, Upload
from eventmill.store.blobs import Blobs, BlobSlice, StagedBlob

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

_CHUNK = 262_144


class ClientGone(Exception):
    """The client closed the connection before its request was complete."""


class Decoder(Protocol):
    """Turns the bytes of the wire into those of the body, such as aws-chunked does."""

    def feed(self, data: bytes) -> bytes:
        """The body bytes that `data` completes. Raises Fault for a malformed stream."""

    def finish(self) -> bytes:
        """The rest, once the wire is done. Raises Fault when something is missing or wrong."""


class Hasher(Protocol):
    """A checksum that grows with the body."""

    def update(self, data: bytes, /) -> object:
        """Add `data`."""


async def read_all(receive: Receive, limit: int) -> bytes:
    """The whole body. Raises TooLarge past `limit` bytes, ClientGone when it never ends."""
    message = await receive()
    if message["type"] != "http.request":
        raise ClientGone
    first: bytes = message.get("body", b"")
    if not message.get("more_body"):
        if len(first) > limit:
            raise _too_large(limit)
        return first
    parts = [first]
    size = len(first)
    while message.get("more_body"):
        message = await receive()
        if message["type"] != "http.request":
            raise ClientGone
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > limit:
            raise _too_large(limit)
    return b"".join(parts)


def _too_large(limit: int) -> TooLarge:
    return TooLarge("RequestEntityTooLarge", f"The request body is longer than {limit} bytes.")


class UploadWriter:
    """Takes body bytes as they come: in memory up to the inline limit, beyond it in a file."""

    def __init__(self, blobs: Blobs, hashers: Iterable[Hasher] = ()) -> None:
        self._blobs = blobs
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._hashers = tuple(hashers)
        self._inline: list[bytes] = []
        self._blob: StagedBlob | None = None
        self.size = 0

    def write(self, data: bytes) -> None:
        """Append and hash."""
        self.size += len(data)
        self._md5.update(data)
        for hasher in self._hashers:
            hasher.update(data)
        if self._blob is not None:
            self._blob.write(data)
            return
        self._inline.append(data)
        if self.size > INLINE_BODY:
            self._blob = self._blobs.stage()
            self._blob.write(b"".join(self._inline))
            self._inline.clear()

    def upload(self) -> Upload:
        """What was written."""
        data = None if self._blob is not None else b"".join(self._inline)
        return Upload(size=self.size, md5=self._md5.digest(), data=data, blob=self._blob)

    def discard(self) -> None:
        """Forget it; a staged file is deleted."""
        if self._blob is not None:
            self._blob.discard()


async def read_upload(receive: Receive, writer: UploadWriter, decoder: Decoder | None) -> Upload:
    """Read a streaming body into `writer`. Raises ClientGone; what was staged is then deleted."""
    try:
        while True:
            message = await receive()
            if message["type"] != "http.request":
                raise ClientGone
            data: bytes = message.get("body", b"")
            if data:
                writer.write(decoder.feed(data) if decoder is not None else data)
            if not message.get("more_body"):
                break
        if decoder is not None:
            writer.write(decoder.finish())
        return writer.upload()
    except BaseException:
        writer.discard()
        raise


async def send_answer(
    send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes
) -> None:
    """An answer whose body is in memory, all in one message. The server tells its length.

    Not of ASGI, whose answers are at least two messages, each with a call's cost.
    """
    await send({"type": "http.response.start", "status": status, "headers": headers, "body": body})


async def send_download(
    send: Send, status: int, headers: list[tuple[bytes, bytes]], body: Download
) -> None:
    """An answer read from the store's files piece by piece, as fast as the client takes it."""
    await send({"type": "http.response.start", "status": status, "headers": headers})
    for part in body.parts:
        if isinstance(part, bytes):
            await send({"type": "http.response.body", "body": part, "more_body": True})
        else:
            await _send_slice(send, part)
    await send({"type": "http.response.body", "body": b""})


async def _send_slice(send: Send, part: BlobSlice) -> None:
    with part.path.open("rb") as file:
        file.seek(part.offset)
        left = part.length
        while left > 0:
            data = await asyncio.to_thread(file.read, min(_CHUNK, left))
            if not data:
                raise OSError(f"{part.path} is shorter than its record says")
            left -= len(data)
            await send({"type": "http.response.body", "body": data, "more_body": True})
