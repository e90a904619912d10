"""TLS on the one port: a connection that begins with a handshake is decrypted and served alike.

A handler that builds `https://{domainName}/{stage}` from its event reaches the engine so.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Callable
from typing import Any

_PIECE = 65_536


class TlsProtocol(asyncio.Protocol):
    """Stands between a transport and the protocol that `make` gives once the handshake is done."""

    def __init__(
        self, context: ssl.SSLContext, transport: Any, make: Callable[[], asyncio.Protocol]
    ) -> None:
        self.context = context
        self.raw = transport
        self.inner: asyncio.Protocol | None = None
        self._make = make
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._object = context.wrap_bio(self._incoming, self._outgoing, server_side=True)

    def data_received(self, data: bytes) -> None:
        """Encrypted bytes."""
        self._incoming.write(data)
        try:
            if self.inner is None:
                self._object.do_handshake()
                self.inner = self._make()
                self.inner.connection_made(TlsTransport(self))
            while piece := self._object.read(_PIECE):
                self.inner.data_received(piece)
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLError:
            # A client that does not trust the certificate ends here, or one that says goodbye.
            self._flush()
            self.raw.close()
            return
        self._flush()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone."""
        if self.inner is not None:
            self.inner.connection_lost(exc)

    def pause_writing(self) -> None:
        """The client is slow."""
        if self.inner is not None:
            self.inner.pause_writing()

    def resume_writing(self) -> None:
        """The client has caught up."""
        if self.inner is not None:
            self.inner.resume_writing()

    def send(self, data: bytes) -> None:
        """Encrypt and write."""
        left = memoryview(data)
        while left and not self.raw.is_closing():
            left = left[self._object.write(left) :]
            self._flush()

    def end(self) -> None:
        """Say goodbye, then close."""
        # The client's own goodbye is not waited for.
        with contextlib.suppress(ssl.SSLError):
            self._object.unwrap()
        self._flush()
        self.raw.close()

    def _flush(self) -> None:
        data = self._outgoing.read()
        if data:
            self.raw.write(data)


class TlsTransport(asyncio.Transport):
    """The transport that the inner protocol sees."""

    def __init__(self, outer: TlsProtocol) -> None:
        super().__init__()
        self._outer = outer

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Of the connection below, and that it is encrypted."""
        if name == "sslcontext":
            return self._outer.context
        return self._outer.raw.get_extra_info(name, default)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send bytes."""
        self._outer.send(bytes(data))

    def close(self) -> None:
        """Close once all is written."""
        self._outer.end()

    def abort(self) -> None:
        """Close at once."""
        self._outer.raw.abort()

    def is_closing(self) -> bool:
        """Whether it is closed or about to be."""
        return bool(self._outer.raw.is_closing())

    def is_reading(self) -> bool:
        """Whether bytes are taken."""
        return bool(self._outer.raw.is_reading())

    def pause_reading(self) -> None:
        """Let the client wait."""
        self._outer.raw.pause_reading()

    def resume_reading(self) -> None:
        """Take bytes again."""
        self._outer.raw.resume_reading()

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Another protocol takes the connection over."""
        assert isinstance(protocol, asyncio.Protocol)
        self._outer.inner = protocol

    def get_protocol(self) -> asyncio.BaseProtocol:
        """Who has the connection now."""
        assert self._outer.inner is not None
        return self._outer.inner

    def get_write_buffer_size(self) -> int:
        """Bytes that the client has not taken yet."""
        return int(self._outer.raw.get_write_buffer_size())
