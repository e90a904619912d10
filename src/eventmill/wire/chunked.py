"""aws-chunked bodies: sized chunks, perhaps signed, perhaps followed by trailers.

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
"""

from __future__ import annotations

from eventmill.kernel.errors import Fault, Invalid

_LINE_LIMIT = 4_096


def _incomplete() -> Fault:
    return Invalid(
        "IncompleteBody",
        "The request body terminated unexpectedly: the last chunk is missing.",
    )


class AwsChunkedDecoder:
    """Feed it the wire's bytes; it gives those of the body and keeps the trailers.

    Chunk signatures are not verified: the seed signature in the headers already tells who calls,
    and loopback traffic is not altered on its way.
    """

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._left = 0
        self._state = "size"
        self.trailers: dict[str, str] = {}

    def feed(self, data: bytes) -> bytes:
        """Body bytes. Raises Invalid (InvalidChunkSizeError) for a malformed chunk header."""
        self._buffer += data
        out = bytearray()
        while self._step(out):
            pass
        return bytes(out)

    def finish(self) -> bytes:
        """Nothing more. Raises Invalid (IncompleteBody) when the last chunk did not come."""
        if self._state not in ("trailers", "done"):
            raise _incomplete()
        if self._state == "trailers" and self._buffer:
            self._trailer(bytes(self._buffer))
        return b""

    def _step(self, out: bytearray) -> bool:
        if self._state == "data":
            return self._data(out)
        line = self._line()
        if line is None:
            return False
        if self._state == "size":
            self._size(line)
        elif self._state == "end":
            self._state = "size"
        elif self._state == "trailers":
            self._trailer(line)
        return self._state != "done"

    def _line(self) -> bytes | None:
        end = self._buffer.find(b"\r\n")
        if end < 0:
            if len(self._buffer) > _LINE_LIMIT and self._state != "data":
                raise Invalid("InvalidChunkSizeError", "A chunk header is too long.")
            return None
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 2]
        return line

    def _size(self, line: bytes) -> None:
        try:
            self._left = int(line.partition(b";")[0], 16)
        except ValueError:
            raise Invalid(
                "InvalidChunkSizeError", f"{line[:40]!r} is not the size of a chunk."
            ) from None
        self._state = "data" if self._left else "trailers"

    def _data(self, out: bytearray) -> bool:
        taken = self._buffer[: self._left]
        if not taken:
            return False
        del self._buffer[: len(taken)]
        out += taken
        self._left -= len(taken)
        if self._left == 0:
            self._state = "end"
        return True

    def _trailer(self, line: bytes) -> None:
        if not line:
            return
        name, _, value = line.decode("latin-1").partition(":")
        self.trailers[name.strip().lower()] = value.strip()
