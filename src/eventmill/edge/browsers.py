"""What browsers ask of buckets: preflights, and uploads as forms."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import escape

from eventmill.edge.body import (
    ClientGone,
    Receive,
    Scope,
    Send,
    UploadWriter,
    send_answer,
)
from eventmill.edge.dispatch import Dispatcher, Origin
from eventmill.edge.security import Security
from eventmill.kernel.errors import Fault
from eventmill.kernel.ids import Ids
from eventmill.services.s3.cors import rule_for
from eventmill.services.s3.posts import post_object
from eventmill.store.blobs import Blobs
from eventmill.store.database import Database
from eventmill.store.transaction import Transaction
from eventmill.wire import encode_fault
from eventmill.wire.identify import bucket_of_host
from eventmill.wire.postpolicy import FormReader, check_size, size_range

_BOUNDARY = re.compile(r'boundary="?([^";,]+)"?')
Headers = list[tuple[bytes, bytes]]


def bucket_of(scope: Scope, headers: Mapping[str, str]) -> str:
    """The bucket that a request names by its host or the first part of its path."""
    return bucket_of_host(headers.get("host", "")) or str(scope["path"]).split("/")[1]


class BrowserFront:
    """Preflights and form uploads."""

    def __init__(
        self,
        database: Database,
        dispatcher: Dispatcher,
        security: Security,
        blobs: Blobs,
        ids: Ids,
    ) -> None:
        self._database = database
        self._dispatcher = dispatcher
        self._security = security
        self._blobs = blobs
        self._ids = ids

    def claims(self, scope: Scope, headers: Mapping[str, str]) -> bool:
        """A preflight, or a form with a file for a bucket."""
        if scope["type"] != "http":
            return False
        if scope["method"] == "OPTIONS":
            return "access-control-request-method" in headers
        return scope["method"] == "POST" and headers.get("content-type", "").startswith(
            "multipart/form-data"
        )

    async def __call__(
        self, scope: Scope, headers: Mapping[str, str], receive: Receive, send: Send
    ) -> None:
        """Answer one of them."""
        bucket = bucket_of(scope, headers)
        if scope["method"] == "OPTIONS":
            await self._preflight(bucket, headers, send)
            return
        shown = self.cors_headers(bucket, "POST", headers)
        try:
            status, extra, body = await self._post(bucket, scope, headers, receive)
        except ClientGone:
            return
        except Fault as fault:
            answer = encode_fault(None, fault, self._ids.uuid())
            extra = [(name.encode(), text.encode()) for name, text in answer.headers]
            status, body = answer.status, answer.body
        await send_answer(send, status, shown + extra, body)

    def cors_headers(self, bucket: str, method: str, headers: Mapping[str, str]) -> Headers:
        """What tells a browser that a page may see the answer; nothing when it may not."""
        origin = headers.get("origin")
        if origin is None:
            return []
        rule = self._database.read(lambda tx: rule_for(tx, bucket, origin, method, ()))
        if rule is None:
            return []
        shown: Headers = [
            (
                b"access-control-allow-origin",
                b"*" if "*" in rule["AllowedOrigins"] else origin.encode(),
            ),
            (b"vary", b"Origin"),
        ]
        if rule.get("ExposeHeaders"):
            shown.append(
                (b"access-control-expose-headers", ", ".join(rule["ExposeHeaders"]).encode())
            )
        return shown

    async def _preflight(self, bucket: str, headers: Mapping[str, str], send: Send) -> None:
        method = headers["access-control-request-method"]
        names = [
            name.strip()
            for name in headers.get("access-control-request-headers", "").split(",")
            if name.strip()
        ]
        origin = headers.get("origin", "")
        rule = self._database.read(lambda tx: rule_for(tx, bucket, origin, method, names))
        if rule is None:
            text = b"CORSResponse: This CORS request is not allowed."
            await send_answer(send, 403, [(b"content-type", b"text/plain")], text)
            return
        shown = self.cors_headers(bucket, method, headers)
        shown.append((b"access-control-allow-methods", ", ".join(rule["AllowedMethods"]).encode()))
        if names:
            shown.append((b"access-control-allow-headers", ", ".join(names).encode()))
        if rule.get("MaxAgeSeconds") is not None:
            shown.append((b"access-control-max-age", str(rule["MaxAgeSeconds"]).encode()))
        await send_answer(send, 200, shown, b"")

    async def _post(
        self, bucket: str, scope: Scope, headers: Mapping[str, str], receive: Receive
    ) -> tuple[int, Headers, bytes]:
        found = _BOUNDARY.search(headers["content-type"])
        writer = UploadWriter(self._blobs)
        allowed: list[Any] = [None]
        signer: list[str] = [""]

        def begin(fields: Mapping[str, str]) -> None:
            signer[0] = self._security.form(fields, bucket)
            allowed[0] = size_range(fields)

        def data(piece: bytes) -> None:
            writer.write(piece)
            check_size(writer.size, allowed[0], whole=False)

        reader = FormReader((found.group(1) if found else "").encode(), begin, data)
        try:
            await _read(receive, reader)
            check_size(writer.size, allowed[0], whole=True)
            written = await self._write(bucket, scope, headers, reader, writer, signer[0])
        except BaseException:
            writer.discard()
            raise
        return _answer(reader.fields, written)

    async def _write(
        self,
        bucket: str,
        scope: Scope,
        headers: Mapping[str, str],
        reader: FormReader,
        writer: UploadWriter,
        signer: str,
    ) -> dict[str, Any]:
        origin = Origin(
            self._ids.uuid(),
            endpoint=self._dispatcher.endpoint,
            principal=signer,
            source_ip=(scope.get("client") or ("127.0.0.1", 0))[0],
            headers=headers,
            trace=headers.get("x-amzn-trace-id"),
        )
        upload = writer.upload()

        def write(tx: Transaction) -> dict[str, Any]:
            return post_object(self._dispatcher.call(tx, origin), bucket, reader.fields, upload)

        return await self._database.write(write, long=upload.blob is not None)


async def _read(receive: Receive, reader: FormReader) -> None:
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise ClientGone
        reader.feed(message.get("body", b""))
        if not message.get("more_body"):
            reader.finish()
            return


def _answer(fields: Mapping[str, str], written: Mapping[str, Any]) -> tuple[int, Headers, bytes]:
    headers: Headers = [
        (b"etag", written["ETag"].encode()),
        (b"location", written["Location"].encode()),
    ]
    redirect = fields.get("success_action_redirect")
    if redirect:
        target = f"{redirect}{'&' if '?' in redirect else '?'}bucket={written['Bucket']}"
        headers[1] = (b"location", f"{target}&key={written['Key']}".encode())
        return 303, headers, b""
    wanted = fields.get("success_action_status", "204")
    if wanted != "201":
        return 200 if wanted == "200" else 204, headers, b""
    inner = "".join(
        f"<{name}>{escape(written[name])}</{name}>"
        for name in ("Location", "Bucket", "Key", "ETag")
    )
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<PostResponse>{inner}</PostResponse>'
    return 201, [*headers, (b"content-type", b"application/xml")], body.encode()
