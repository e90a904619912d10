"""An issuer of tokens on loopback, and a plain server that tells what it was asked."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa


class Issuer:
    """Signs tokens; `asked` counts what was fetched by path."""

    def __init__(self) -> None:
        self.url = ""
        self.asked: list[str] = []
        self._keys: dict[str, Any] = {}
        self.rotate("one")

    def rotate(self, number: str) -> None:
        """A further key, which signs from now on."""
        self._keys[number] = rsa.generate_private_key(65537, 2048)
        self.number = number

    def token(self, **claims: Any) -> str:
        """A token that is good for ten minutes, but for what `claims` say."""
        given = {"iss": self.url, "aud": "shop", "sub": "u1", "exp": int(time.time()) + 600}
        return jwt.encode(
            {name: value for name, value in (given | claims).items() if value is not None},
            self._keys[self.number],
            "RS256",
            {"kid": self.number},
        )

    def document(self, path: str) -> Any:
        """What is published."""
        self.asked.append(path)
        if path.endswith("openid-configuration"):
            return {"issuer": self.url, "jwks_uri": f"{self.url}/keys"}
        keys = []
        for number, key in self._keys.items():
            shown = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key()))
            keys.append(shown | {"kid": number, "use": "sig", "alg": "RS256"})
        return {"keys": keys}


@contextmanager
def server() -> Iterator[Issuer]:
    """Publishes keys below `/.well-known` and `/keys`; elsewhere tells the request, and 404 for
    paths that end in `missing`."""
    issuer = Issuer()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            told: Any = {
                "method": self.command,
                "path": self.path,
                "headers": {name.lower(): value for name, value in self.headers.items()},
                "body": body,
            }
            if self.path.startswith(("/.well-known", "/keys")):
                told = issuer.document(self.path)
            data = json.dumps(told).encode()
            self.send_response(404 if self.path.endswith("missing") else 200)
            self.send_header("Content-Type", "application/json")
            self.send_header("X-Server", "upstream")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PUT = do_DELETE = _answer

        def log_message(self, format: str, *args: object) -> None:
            pass

    held = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    issuer.url = f"http://127.0.0.1:{held.server_address[1]}"
    thread = threading.Thread(target=held.serve_forever, daemon=True)
    thread.start()
    try:
        yield issuer
    finally:
        held.shutdown()
        held.server_close()
