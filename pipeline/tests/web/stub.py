"""The API's contract played in memory: HTTP below a path prefix, a bucket on another origin, and
the WebSocket. Tests move the documents on; the page is served as the API serves it."""

import json
import mimetypes
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.parser import BytesParser
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.sync.server import Server, ServerConnection, serve

WEB = Path(__file__).parents[2] / "src" / "web"
PREFIX = "/_aws/execute-api/abc/"
KEY = "se+cret/key=="
STAGES = ["uploading", "received", "extracted", "classified", "done"]

Document = dict[str, Any]
Answer = tuple[int, Any]


@dataclass
class Stub:
    """What the servers share; `failures` holds the status and message to answer per address."""

    documents: dict[str, Document] = field(default_factory=dict)
    texts: dict[str, list[str]] = field(default_factory=dict)
    uploads: dict[str, bytes] = field(default_factory=dict)
    forms: list[dict[str, bytes]] = field(default_factory=list)
    failures: dict[str, Answer] = field(default_factory=dict)
    refuse_uploads: bool = False
    gate: threading.Event = field(default_factory=threading.Event)
    sockets: set[ServerConnection] = field(default_factory=set)
    most_uploads: int = 0
    page: str = ""
    s3: str = ""
    websocket: str = ""
    expires: str = "2099-01-01T00:00:00Z"
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))
    _offline: bool = False
    _in_flight: int = 0
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def create(self, name: str, **more: Any) -> Document:
        """A document at its first stage, pushed to the page."""
        with self._lock:
            number = next(self._numbers)
            document: Document = {
                "id": f"01J{number:023d}",
                "tenant": "home",
                "name": name,
                "size": 2048,
                "stage": "uploading",
                "status": "working",
                "run": 1,
                "created": f"2026-01-02T{number // 60:02d}:{number % 60:02d}:00Z",
                "stages": [],
            }
            self.documents[document["id"]] = document
        return self.change(document["id"], **more)

    def change(self, id: str, **more: Any) -> Document:
        """Writes what changed, the stages up to the present one included, and pushes it."""
        with self._lock:
            document = self.documents[id] = {**self.documents[id], **more}
            reached = STAGES[: STAGES.index(document["stage"]) + 1]
            document["stages"] = [
                {"stage": stage, "at": f"2026-01-02T03:04:0{number}Z", "ms": 120 * number}
                for number, stage in enumerate(reached)
            ]
        self.push({"type": "document", "document": document})
        return document

    def delete(self, id: str) -> None:
        with self._lock:
            del self.documents[id]
        self.push({"type": "deleted", "id": id})

    def push(self, message: dict[str, Any]) -> None:
        for socket in list(self.sockets):
            try:
                socket.send(json.dumps(message))
            except ConnectionClosed:
                self.sockets.discard(socket)

    @contextmanager
    def offline(self) -> Iterator[None]:
        """Every WebSocket is cut off and none is let in."""
        self._offline = True
        for socket in list(self.sockets):
            socket.close()
        yield
        self._offline = False

    def answer(self, method: str, path: str, query: dict[str, str], body: Any) -> Answer:
        """Status and JSON of a signed-in call."""
        if path in self.failures:
            status, message = self.failures[path]
            return status, {"message": message}
        match [method, *path.split("/")]:
            case ["GET", "config"]:
                return 200, {
                    "websocket": self.websocket,
                    "max_bytes": 1 << 20,
                    "accept": [".pdf", ".txt", ".png"],
                }
            case ["GET", "documents"]:
                return 200, self._page(int(query["limit"]), query.get("after"))
            case ["POST", "documents"]:
                document = self.create(body["name"], size=body["size"])
                fields = {"key": f"home/{document['id']}", "policy": "cG9saWN5"}
                return 201, {"id": document["id"], "upload": {"url": self.s3, "fields": fields}}
            case ["GET", "search"]:
                return 200, self._search(query["q"])
            case [_, "documents", id, *rest] if id in self.documents:
                return self._one(method, id, rest)
        return 404, {"message": "There is no such document."}

    def _one(self, method: str, id: str, rest: list[str]) -> Answer:
        document = self.documents[id]
        match [method, *rest]:
            case ["DELETE"]:
                self.delete(id)
                return 204, None
            case ["GET"]:
                pages = [{"number": n, "text": t} for n, t in enumerate(self.texts.get(id, []), 1)]
                text = {"pages": pages, "truncated": False} if pages else None
                thumbnail = f"{self.s3}thumbnail/{id}" if pages else None
                history = document["stages"]
                return 200, {**document, "history": history, "text": text, "thumbnail": thumbnail}
            case ["GET", "original"]:
                return 200, {"url": f"{self.s3}original/{id}"}
            case ["GET", "audit"]:
                return 200, {"entries": [_entry(s, document) for s in document["stages"]]}
            case ["POST", "retry"]:
                run = document["run"] + 1
                return 202, self.change(id, status="working", run=run, reason=None)
        return 404, {"message": "There is no such route."}

    def _page(self, limit: int, after: str | None) -> Any:
        newest = sorted(self.documents.values(), key=lambda d: str(d["id"]), reverse=True)
        rest = [d for d in newest if after is None or d["id"] < after]
        more = len(rest) > limit
        return {"documents": rest[:limit], "next": rest[limit - 1]["id"] if more else None}

    def _search(self, words: str) -> Any:
        hits = [
            {"id": id, "name": d["name"], "class": d.get("class"), "score": 1.5, "snippet": page}
            for id, d in self.documents.items()
            for page in self.texts.get(id, [])
            if words.lower() in page.lower()
        ]
        return {"hits": hits, "total": len(hits)}

    def receive(self, form: dict[str, bytes]) -> Answer:
        """What the bucket makes of a form; the document is `received` then."""
        with self._lock:
            self._in_flight += 1
            self.most_uploads = max(self.most_uploads, self._in_flight)
        self.gate.wait(20)
        with self._lock:
            self._in_flight -= 1
        if self.refuse_uploads:
            return 403, "<Error><Code>AccessDenied</Code><Message>Policy expired.</Message></Error>"
        id = form["key"].decode().removeprefix("home/")
        self.forms.append(form)
        self.uploads[id] = form["file"]
        self.change(id, stage="received")
        return 204, ""

    def admit(self, connection: ServerConnection, _request: Request) -> Response | None:
        if self._offline:
            return connection.respond(HTTPStatus.SERVICE_UNAVAILABLE, "offline")
        return None

    def talk(self, connection: ServerConnection) -> None:
        for message in connection:
            assert json.loads(message) == {"action": "subscribe", "document": "*"}
            connection.send(json.dumps({"type": "subscribed", "document": "*"}))
            self.sockets.add(connection)
        self.sockets.discard(connection)


def _entry(stage: dict[str, Any], document: Document) -> dict[str, Any]:
    return {
        "at": stage["at"],
        "event": f"document_{stage['stage']}",
        "stage": stage["stage"],
        "status": "working",
        "run": document["run"],
        "changes": ["stage"],
    }


class _Handler(BaseHTTPRequestHandler):
    stub: Stub
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:
        """Silent."""

    def _send(self, status: int, body: bytes, kind: str, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if status != 204:
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if status != 204:
            self.wfile.write(body)

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))


class ApiHandler(_Handler):
    """The page and the API, below the prefix and nowhere else."""

    def do_GET(self) -> None:
        self._route("GET")

    def do_POST(self) -> None:
        self._route("POST")

    def do_DELETE(self) -> None:
        self._route("DELETE")

    def _route(self, method: str) -> None:
        address = urlsplit(self.path)
        body = self._body()
        if not address.path.startswith(PREFIX):
            self._send(404, b"outside of the stage", "text/plain")
            return
        path = address.path.removeprefix(PREFIX)
        file = WEB / (path or "index.html")
        if method == "GET" and file.is_file():
            self._file(file)
            return
        query = {name: values[0] for name, values in parse_qs(address.query).items()}
        status, answer = self._call(method, path, query, json.loads(body) if body else None)
        self._send(status, json.dumps(answer).encode(), "application/json")

    def _call(self, method: str, path: str, query: dict[str, str], body: Any) -> Answer:
        if [method, path] == ["POST", "session"]:
            if body["key"] != KEY:
                return 401, {"message": "This access key is not known."}
            return 200, {"token": "token-1", "expires": self.stub.expires, "tenant": "home"}
        if self.headers.get("Authorization") != "Bearer token-1":
            return 401, {"message": "Unauthorized"}
        return self.stub.answer(method, path, query, body)

    def _file(self, file: Path) -> None:
        s3 = self.stub.s3.rstrip("/")
        policy = (
            f"default-src 'self'; connect-src 'self' {s3} {self.stub.websocket}; "
            f"img-src 'self' {s3}; base-uri 'none'; frame-ancestors 'none'"
        )
        kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        self._send(200, file.read_bytes(), kind, Content_Security_Policy=policy)


class BucketHandler(_Handler):
    """A bucket on an origin of its own, which therefore needs its CORS answers; progress of an
    upload is told to the page only after a preflight."""

    def do_OPTIONS(self) -> None:
        allowed = {"Access_Control_Allow_Origin": "*", "Access_Control_Allow_Methods": "POST"}
        self._send(200, b"", "text/plain", **allowed)

    def do_POST(self) -> None:
        raw = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode() + self._body()
        parts = cast("list[EmailMessage]", BytesParser().parsebytes(raw).get_payload())
        form = {
            str(part.get_param("name", header="content-disposition")): cast(
                "bytes", part.get_payload(decode=True)
            )
            for part in parts
        }
        status, answer = self.stub.receive(form)
        self._send(status, answer.encode(), "application/xml", Access_Control_Allow_Origin="*")

    def do_GET(self) -> None:
        if self.path.startswith("/thumbnail/"):
            self._send(200, (WEB / "icon.svg").read_bytes(), "image/svg+xml")
        else:
            self._send(200, f"the original {self.path}".encode(), "text/plain")


@contextmanager
def running() -> Iterator[Stub]:
    """A stub with its three servers on free ports; uploads pass until its `gate` is cleared."""
    stub = Stub()
    stub.gate.set()
    api = ThreadingHTTPServer(("127.0.0.1", 0), type("Api", (ApiHandler,), {"stub": stub}))
    bucket = ThreadingHTTPServer(("127.0.0.1", 0), type("Bucket", (BucketHandler,), {"stub": stub}))
    sockets: Server = serve(stub.talk, "127.0.0.1", 0, process_request=stub.admit)
    stub.page = f"http://127.0.0.1:{api.server_port}{PREFIX}"
    stub.s3 = f"http://127.0.0.1:{bucket.server_port}/"
    stub.websocket = f"ws://127.0.0.1:{sockets.socket.getsockname()[1]}"
    servers: list[ThreadingHTTPServer | Server] = [api, bucket, sockets]
    threads = [threading.Thread(target=server.serve_forever) for server in servers]
    for thread in threads:
        thread.start()
    try:
        yield stub
    finally:
        stub.gate.set()
        for socket in list(stub.sockets):
            socket.close()
        for server in servers:
            server.shutdown()
        api.server_close()
        bucket.server_close()
