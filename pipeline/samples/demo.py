"""Sends the sample documents through the running pipeline and tells what became of each.

Run by `make demo`, which starts the engine and deploys the pipeline; it works as well against a
deployment on AWS: PAGE is the stack's output `Page` with the access key in it.

    python demo.py FOLDER [PAGE]

Exits with 0 when every document ended as the manifest says.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import requests
from websockets.sync.client import ClientConnection, connect

_PATIENCE = 120.0
"""Seconds without any news after which the demo gives up."""

_ENDED = ("done", "failed", "rejected", "duplicate")


@dataclass
class Session:
    """A signed-in caller of the API."""

    page: str
    http: requests.Session

    @classmethod
    def open(cls, page: str) -> Session:
        """`page` holds the access key after `#key=`."""
        base, _, key = page.partition("#key=")
        http = requests.Session()
        answer = http.post(urljoin(base, "session"), json={"key": key}, timeout=30)
        answer.raise_for_status()
        http.headers["Authorization"] = f"Bearer {answer.json()['token']}"
        return cls(base, http)

    def call(self, method: str, path: str, **options: Any) -> Any:
        """JSON of the answer. Raises requests.HTTPError."""
        answer = self.http.request(method, urljoin(self.page, path), timeout=30, **options)
        answer.raise_for_status()
        return answer.json()

    def upload(self, file: Path) -> str:
        """Send one file; returns the document's id."""
        body = {"name": file.name, "size": file.stat().st_size}
        made = self.call("POST", "documents", json=body)
        form = made["upload"]
        with file.open("rb") as content:
            answer = requests.post(
                form["url"], data=form["fields"], files={"file": content}, timeout=60
            )
        answer.raise_for_status()
        return str(made["id"])

    @contextmanager
    def live(self) -> Iterator[ClientConnection]:
        """The WebSocket, subscribed to every document."""
        url = self.call("GET", "config")["websocket"]
        token = str(self.http.headers["Authorization"]).removeprefix("Bearer ")
        with connect(f"{url}?token={token}", proxy=None) as socket:
            socket.send(json.dumps({"action": "subscribe", "document": "*"}))
            while json.loads(socket.recv(30)).get("type") != "subscribed":
                pass
            yield socket


def follow(socket: ClientConnection, wanted: set[str]) -> dict[str, dict[str, Any]]:
    """Wait until every wanted document has ended; returns their last states."""
    states: dict[str, dict[str, Any]] = {}
    while any(states.get(one, {}).get("status") not in _ENDED for one in wanted):
        try:
            message = json.loads(socket.recv(_PATIENCE))
        except TimeoutError:
            break
        document = message.get("document")
        if not isinstance(document, dict):
            continue
        known = states.get(document["id"], {})
        if _place(document) >= _place(known):
            states[document["id"]] = document
    return states


def _place(document: dict[str, Any]) -> tuple[int, int, bool]:
    return (
        document.get("run", 0),
        len(document.get("stages", [])),
        document.get("status") in _ENDED,
    )


def problems(expected: dict[str, Any], document: dict[str, Any]) -> list[str]:
    """Where a document differs from what the manifest says."""
    found = []
    for name in ("status", "kind", "class"):
        if name in expected and document.get(name) != expected[name]:
            found.append(f"{name} is {document.get(name)}, not {expected[name]}")
    if "reason" in expected and (document.get("reason") or {}).get("code") != expected["reason"]:
        found.append(f"reason is {document.get('reason')}, not {expected['reason']}")
    fields = document.get("fields") or {}
    for name, value in (expected.get("fields") or {}).items():
        if fields.get(name) != value:
            found.append(f"{name} is {fields.get(name)!r}, not {value!r}")
    return found


def row(file: str, document: dict[str, Any], seconds: float, wrong: list[str]) -> str:
    """One line of the table."""
    times = {step["stage"]: step.get("ms") for step in document.get("stages", [])}
    shown = "".join(
        f"{times[stage] if times.get(stage) is not None else '-':>10}"
        for stage in ("received", "extracted", "classified", "done")
    )
    result = document.get("class") or (document.get("reason") or {}).get("code") or ""
    mark = "ok" if not wrong else "; ".join(wrong)
    status = document.get("status", "lost")
    return f"{file:<28}{status:<11}{result:<13}{shown}{seconds:>9.2f}  {mark}"


def _seconds(document: dict[str, Any]) -> float:
    """From the end of the upload's first stage to the last, by the record's own times."""
    moments = [step["at"] for step in document.get("stages", [])]
    if len(moments) < 2:
        return 0.0
    parsed = [_epoch(moment) for moment in moments]
    return parsed[-1] - parsed[0]


def _epoch(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()


def main() -> int:
    """Returns the exit status."""
    folder = Path(sys.argv[1])
    page = sys.argv[2] if len(sys.argv) > 2 else os.environ["EVENTMILL_OUTPUT_Page"]  # noqa: SIM112
    manifest = json.loads((Path(__file__).parent / "manifest.json").read_text())
    session = Session.open(page)
    began = time.monotonic()
    with session.live() as socket:
        # A duplicate is one only when its first copy is there before it.
        first = [entry for entry in manifest if entry["status"] != "duplicate"]
        later = [entry for entry in manifest if entry["status"] == "duplicate"]
        ids: dict[str, str] = {}
        states: dict[str, dict[str, Any]] = {}
        for part in (first, later):
            sent = {entry["file"]: session.upload(folder / entry["file"]) for entry in part}
            ids |= sent
            states |= follow(socket, set(sent.values()))
    stages = "".join(f"{stage:>10}" for stage in ("received", "extracted", "classified", "done"))
    print(f"{'document':<28}{'became':<11}{'as':<13}{stages}{'s':>9}   (stage times in ms)")
    failed = 0
    for entry in manifest:
        document = states.get(ids[entry["file"]], {})
        wrong = problems(entry, document)
        failed += bool(wrong)
        print(row(entry["file"], document, _seconds(document), wrong))
    took = time.monotonic() - began
    print(f"{len(manifest)} documents in {took:.1f} s, {failed} not as the manifest says")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
