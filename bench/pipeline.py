"""Documents a second through the whole pipeline, beside the same stage functions in a loop.

Both read the same one-page PDFs. The loop does no more than the reading: no upload, no queue, no
record, no index. The ratio is what the travelling costs.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
PIPELINE = ROOT / "pipeline"
sys.path[:0] = [str(PIPELINE / "src"), str(PIPELINE / "samples")]

import demo  # noqa: E402
import texts  # noqa: E402
from pdfs import lines, pdf  # noqa: E402

_WARM_UP = 20
_SENDERS = 4


def documents(count: int) -> list[bytes]:
    """One-page invoices, no two alike."""
    stamp = time.time_ns()
    return [pdf([lines(f"{texts.INVOICE}\nCopy {stamp + number}")]) for number in range(count)]


def plain_loop(contents: list[bytes]) -> float:
    """Documents a second when the stages' functions are just called."""
    from documents.classify import classify
    from documents.extract import extract, thumbnail
    from documents.fields import extract_fields
    from documents.inspect import inspect
    from documents.sniff import sniff

    began = time.perf_counter()
    for data in contents:
        kind = inspect(data, sniff(data, data, "a.pdf")).kind
        read = extract(data, kind, None)
        thumbnail(data, kind, read.pages)
        found = classify(read.text, kind, read.pages)
        extract_fields(found.name, read.text, read.embedded)
    return len(contents) / (time.perf_counter() - began)


def through_pipeline(page: str, contents: list[bytes]) -> float:
    """Documents a second from the first upload to the last one's end."""
    session = demo.Session.open(page)
    with tempfile.TemporaryDirectory() as folder, session.live() as socket:

        def send(numbered: tuple[int, bytes]) -> str:
            file = Path(folder) / f"{numbered[0]}.pdf"
            file.write_bytes(numbered[1])
            return str(session.upload(file))

        with ThreadPoolExecutor(_SENDERS) as threads:
            warm = set(threads.map(send, enumerate(documents(_WARM_UP))))
            demo.follow(socket, warm)
            began = time.perf_counter()
            ids = set(threads.map(send, enumerate(contents)))
            states = demo.follow(socket, ids)
        took = time.perf_counter() - began
    ended = sum(states.get(one, {}).get("status") == "done" for one in ids)
    if ended < len(ids):
        raise SystemExit(f"only {ended} of {len(ids)} documents were done")
    return len(ids) / took


def measure(count: int) -> dict[str, Any]:
    """Both rates and their ratio."""
    contents = documents(count)
    with tempfile.TemporaryDirectory() as data:
        arguments = ["up", str(PIPELINE), "--port", "0", "--json", "--data", data]
        server = subprocess.Popen(
            [sys.executable, "-m", "eventmill.cli", *arguments, "--parameter", "SignInLink=shown"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert server.stdout is not None
        said: dict[str, Any] = json.loads(server.stdout.readline())
        try:
            rate = through_pipeline(said["outputs"]["Page"], contents)
        finally:
            server.terminate()
            server.wait()
    loop = plain_loop(contents)
    return {
        "documents: through the pipeline, per s": round(rate, 1),
        "documents: the stages' functions in a loop, per s": round(loop, 1),
        "documents: ratio": round(rate / loop, 3),
    }
