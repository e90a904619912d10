"""A server on the port that it is told."""

import json
import os
from http.server import BaseHTTPRequestHandler, HTTPServer


class Site(BaseHTTPRequestHandler):
    def answer(self):
        size = int(self.headers.get("content-length") or 0)
        body = self.rfile.read(size)
        if self.path.startswith("/fail"):
            return self.say(503, b"no", "text/plain")
        if self.path.startswith("/picture"):
            return self.say(200, body or b"\x89\xff", "image/png")
        context = json.loads(self.headers["x-amzn-request-context"] or "null") or {}
        told = {
            "method": self.command,
            "path": self.path,
            "own": self.headers.get("x-own"),
            "cookie": self.headers.get("cookie"),
            "stage": context.get("stage"),
            "request": json.loads(self.headers["x-amzn-lambda-context"] or "{}").get("request_id"),
            "body": body.decode(),
        }
        return self.say(200, json.dumps(told).encode(), "application/json")

    do_GET = do_POST = do_PUT = answer

    def say(self, status, body, kind):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Set-Cookie", "a=1")
        self.send_header("Set-Cookie", "b=2")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Site).serve_forever()
