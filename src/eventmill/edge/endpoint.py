"""AWS's API: one HTTP request in, one operation run, one answer out."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Mapping
from typing import Any

from eventmill.edge.body import (
    ClientGone,
    Receive,
    Scope,
    Send,
    UploadWriter,
    read_all,
    read_upload,
    send_answer,
    send_download,
)
from eventmill.edge.browsers import BrowserFront, bucket_of
from eventmill.edge.dispatch import Dispatcher, Origin
from eventmill.edge.security import Security
from eventmill.kernel.checksums import HEADERS as CHECKSUMS
from eventmill.kernel.checksums import Checksum, new, text
from eventmill.kernel.errors import Fault, Internal, Invalid
from eventmill.kernel.ids import Ids
from eventmill.services.contract import INLINE_BODY, Download, Upload
from eventmill.store.blobs import Blobs
from eventmill.wire import (
    HttpRequest,
    HttpResponse,
    Target,
    claimed_service,
    decode,
    encode,
    encode_absent,
    encode_fault,
    identify,
)
from eventmill.wire.chunked import AwsChunkedDecoder
from eventmill.wire.eventstream import EventStreamBody

_BODY_LIMIT = 16 * 1024 * 1024
"""No API call that is no upload is longer than this (Lambda's code upload is the longest)."""
_FORM = "application/x-www-form-urlencoded"


class AwsEndpoint:
    """Answers every request that is for AWS's API."""

    def __init__(
        self,
        dispatcher: Dispatcher,
        security: Security,
        blobs: Blobs,
        ids: Ids,
        browsers: BrowserFront,
    ) -> None:
        self._browsers = browsers
        self._dispatcher = dispatcher
        self._security = security
        self._blobs = blobs
        self._ids = ids

    async def __call__(
        self, scope: Scope, headers: Mapping[str, str], receive: Receive, send: Send
    ) -> None:
        """Answer one request."""
        request_id = self._ids.uuid()
        client = scope.get("client") or ("127.0.0.1", 0)
        request = HttpRequest(
            scope["method"],
            scope["raw_path"].decode("ascii"),
            scope["query_string"].decode("ascii"),
            headers,
            client=client[0],
        )
        target: Target | None = None
        try:
            target, labels, read = await self._identify(request, receive)
            response = await self._run(request, target, labels, receive, read, request_id)
        except ClientGone:
            return
        except Fault as fault:
            claimed = "" if target is not None else claimed_service(request)
            absent = self._dispatcher.absent(claimed) if claimed else None
            if absent is not None:
                # Its own fault would only say that nothing was understood.
                response = encode_absent(claimed, absent, request_id)
            else:
                response = encode_fault(target, fault, request_id)
        except OSError as error:
            # A body that does not fit on the disk, above all; what was staged is deleted.
            failed = Internal("InternalError", f"The body could not be stored: {error.strerror}.")
            response = encode_fault(target, failed, request_id)
        shown: list[tuple[bytes, bytes]] = []
        if "origin" in headers and target is not None and target.service == "s3":
            bucket = bucket_of(scope, headers)
            shown = self._browsers.cors_headers(bucket, request.method, headers)
        if isinstance(response.body, EventStreamBody):
            await _send_events(send, receive, response, response.body)
        else:
            await _send(send, response, shown, head=request.method == "HEAD")

    async def _identify(
        self, request: HttpRequest, receive: Receive
    ) -> tuple[Target, Mapping[str, str], bool]:
        """(target, labels, whether the body is read already).

        A query request names its operation in the body, so that must be read first.
        """
        read = False
        if request.headers.get("content-type", "").startswith(_FORM):
            request.body = await read_all(receive, _BODY_LIMIT)
            read = True
        target, labels = identify(request)
        if not read and target.streaming_input is None:
            request.body = await read_all(receive, _BODY_LIMIT)
            read = True
        return target, labels, read

    async def _run(
        self,
        request: HttpRequest,
        target: Target,
        labels: Mapping[str, str],
        receive: Receive,
        read: bool,
        request_id: str,
    ) -> HttpResponse:
        principal = self._security.principal(request, target.service, unsigned=target.unsigned)
        operation = self._dispatcher.find(target.service, target.operation)
        params = decode(target, request, labels)
        upload: Upload | None = None
        if target.streaming_input is not None:
            upload = await self._upload(request, receive, read)
            params[target.streaming_input] = upload
        origin = Origin(
            request_id,
            endpoint=self._dispatcher.endpoint,
            principal=principal,
            source_ip=request.client,
            headers=request.headers,
            trace=request.headers.get("x-amzn-trace-id"),
        )
        try:
            # A body in a file is synced in the transaction that names it.
            long = upload is not None and upload.blob is not None
            result = await self._dispatcher.run(operation, params, origin, long=long)
        except BaseException:
            if upload is not None and upload.blob is not None:
                upload.blob.discard()
            raise
        return encode(target, result, request_id)

    async def _upload(self, request: HttpRequest, receive: Receive, read: bool) -> Upload:
        headers = request.headers
        sums = _expected(headers)
        chunked = "aws-chunked" in headers.get("content-encoding", "") or headers.get(
            "x-amz-content-sha256", ""
        ).startswith("STREAMING-")
        decoder = AwsChunkedDecoder() if chunked else None
        writer = UploadWriter(self._blobs, sums.values())
        if read:
            writer.write(request.body)
            upload = writer.upload()
        else:
            upload = await read_upload(receive, writer, decoder)
        try:
            _verify(headers, decoder.trailers if decoder else {}, sums, upload)
        except Fault:
            writer.discard()
            raise
        return upload


def _expected(headers: Mapping[str, str]) -> dict[str, Checksum]:
    """Fresh checksums for the algorithms that the headers or the trailer announce."""
    sums = {name: new(algorithm) for name, algorithm in CHECKSUMS.items() if name in headers}
    trailer = headers.get("x-amz-trailer", "").lower()
    if trailer in CHECKSUMS:
        sums[trailer] = new(CHECKSUMS[trailer])
    return sums


def _verify(
    headers: Mapping[str, str],
    trailers: Mapping[str, str],
    sums: Mapping[str, Checksum],
    upload: Upload,
) -> None:
    """Raises Invalid (BadDigest, IncompleteBody) when the body is not what was announced."""
    decoded = headers.get("x-amz-decoded-content-length")
    if decoded is not None and int(decoded) != upload.size:
        raise Invalid(
            "IncompleteBody",
            "You did not provide the number of bytes specified by the Content-Length HTTP header.",
        )
    md5 = headers.get("content-md5")
    if md5 is not None and md5 != base64.b64encode(upload.md5).decode():
        raise Invalid("BadDigest", "The Content-MD5 you specified did not match what we received.")
    found = {}
    for name, checksum in sums.items():
        given = headers.get(name) or trailers.get(name)
        actual = text(checksum)
        if given is not None and given != actual:
            raise Invalid(
                "BadDigest",
                f"The {CHECKSUMS[name]} you specified did not match the calculated checksum.",
            )
        found[CHECKSUMS[name]] = actual
    upload.checksums = found


async def _send_events(
    send: Send, receive: Receive, response: HttpResponse, body: EventStreamBody
) -> None:
    """Frames as they come, to their end; those for the client alone end when it is gone."""
    headers = [(name.encode("latin-1"), value.encode()) for name, value in response.headers]
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    frames = body.frames()
    work = asyncio.ensure_future(_send_frames(send, frames))
    if not body.for_client:
        await work
        return
    gone = asyncio.ensure_future(_gone(receive))
    try:
        await asyncio.wait((work, gone), return_when=asyncio.FIRST_COMPLETED)
    finally:
        gone.cancel()
        work.cancel()
        await asyncio.wait((work,))
        await frames.aclose()
    if not work.cancelled():
        work.result()


async def _send_frames(send: Send, frames: AsyncIterator[bytes]) -> None:
    async for frame in frames:
        await send({"type": "http.response.body", "body": frame, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        continue


async def _send(
    send: Send, response: HttpResponse, shown: list[tuple[bytes, bytes]], *, head: bool
) -> None:
    headers = shown + [
        (name.encode("latin-1"), value.encode("utf-8")) for name, value in response.headers
    ]
    body: Any = response.body
    if not isinstance(body, Download):
        await send_answer(send, response.status, headers, body)
    elif head:
        await send_answer(send, response.status, headers, b"")
    elif body.size <= INLINE_BODY and all(isinstance(part, bytes) for part in body.parts):
        whole = b"".join(part for part in body.parts if isinstance(part, bytes))
        await send_answer(send, response.status, headers, whole)
    else:
        await send_download(send, response.status, headers, body)
