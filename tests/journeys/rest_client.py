"""HTTP clients: `ask` shows what went over the wire, `fetch` is one as most programs have."""

from __future__ import annotations

import http.client
import json
import ssl
import urllib.error
import urllib.request
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit


@dataclass
class Answer:
    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def __getitem__(self, name: str) -> str | None:
        found = self.all(name)
        return found[-1] if found else None

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name.lower()]

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def ask(
    url: str,
    method: str = "GET",
    headers: dict[str, str] | list[tuple[str, str]] | None = None,
    body: bytes | str | None = None,
    *,
    trust: Path | None = None,
) -> Answer:
    """`trust` is the authority's certificate for an address that begins with https."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=20)
    if trust is not None:
        context = ssl.create_default_context(cafile=trust)
        # As Python itself from 3.13 on.
        context.verify_flags |= ssl.VERIFY_X509_STRICT
        connection = http.client.HTTPSConnection(
            parts.hostname or "", parts.port, timeout=20, context=context
        )
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        sent = list(headers.items()) if isinstance(headers, dict) else headers or []
        own = any(name.lower() == "host" for name, _ in sent)
        connection.putrequest(method, path, skip_host=own, skip_accept_encoding=True)
        data = body.encode() if isinstance(body, str) else body
        for name, value in sent:
            connection.putheader(name, value)
        if data is not None:
            connection.putheader("Content-Length", str(len(data)))
        connection.endheaders(data)
        answer = connection.getresponse()
        return Answer(answer.status, answer.getheaders(), answer.read())
    finally:
        connection.close()


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *given: Any) -> None:
        return None


def fetch(
    url: str,
    method: str = "GET",
    body: bytes | None = None,
    *,
    follow: bool = True,
    **headers: str,
) -> tuple[int, Message, bytes]:
    """Status, headers and body, of errors too; `follow` redirects. Headers by keyword, their
    dashes as underscores."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(url, body, named, method=method)
    opener = urllib.request.build_opener(*([] if follow else [_Stay]))
    try:
        with opener.open(request) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()
