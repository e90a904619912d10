"""What the reading of text does with a batch's time, and with documents that vanish meanwhile."""

import io
import json
import os
from typing import Any

import pytest
from PIL import Image

os.environ.setdefault("POWERTOOLS_SERVICE_NAME", "documents")
os.environ.setdefault("POWERTOOLS_TRACE_DISABLED", "true")

from adapters import files
from adapters.files import Portion
from documents.ocr import Draw
from handlers import sqs_processor


class Cloud:
    """The records, files and messages that the handler sees; reading a picture takes `each`
    seconds of `left`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, left: float, each: float) -> None:
        self.left, self.each = left, each
        self.records: dict[str, dict[str, Any]] = {}
        self.files: dict[str, bytes] = {}
        self.queued: list[dict[str, Any]] = []
        self.kept: dict[str, Any] = {}
        self.announced: list[str] = []
        self.looks = 0
        for module, name in (
            (sqs_processor.records, "get"), (sqs_processor.records, "working"),
            (sqs_processor.records, "move"), (sqs_processor.messages, "queue_work"),
            (sqs_processor.messages, "announce_extracted"), (files, "original"),
            (files, "put_portion"), (files, "portion"), (files, "drop_portion"),
            (files, "put_text"), (files, "put_thumbnail"), (files, "delete_all"),
        ):  # fmt: skip
            monkeypatch.setattr(module, name, getattr(self, name))
        monkeypatch.setattr(sqs_processor, "_ocr", self)

    def add(self, id: str, frames: int) -> None:
        out = io.BytesIO()
        pages = [Image.new("L", (40, 20), 255) for _ in range(frames)]
        pages[0].save(out, "TIFF", save_all=True, append_images=pages[1:])
        self.files[id] = out.getvalue()
        self.records[id] = {
            "id": id, "name": "a.tif", "kind": "tiff", "sha256": id, "stage": "received",
            "status": "working", "run": 1, "version": 1,
        }  # fmt: skip

    def message(self, body: dict[str, Any]) -> Any:
        return type("Message", (), {"body": json.dumps(body)})()

    def invoke(self, *bodies: dict[str, Any], left: float) -> None:
        self.left = left
        batch = sqs_processor.Batch(lambda: self.left)
        for body in bodies:
            batch.on_message(self.message(body))

    def read(self, draw: Draw) -> str:
        self.looks += 1
        self.left -= self.each
        return f"look {self.looks}"

    def get(self, ref: Any) -> Any:
        return self.records.get(ref.id)

    working = get

    def move(self, record: Any, progress: Any, ms: int, **found: Any) -> Any:
        if record["id"] not in self.records:
            return None
        self.records[record["id"]] = {**record, **found, "stage": progress.stage.value}
        return self.records[record["id"]]

    def queue_work(self, ref: Any, /, **more: Any) -> None:
        self.queued.append({**ref.detail(), **more})

    def announce_extracted(self, ref: Any, record: Any) -> None:
        self.announced.append(ref.id)

    def original(self, ref: Any, name: str) -> bytes | None:
        return self.files.get(ref.id)

    def put_portion(self, ref: Any, sha256: str, portion: Portion) -> None:
        self.kept[f"{ref.id}/portion"] = portion

    def portion(self, ref: Any, sha256: str) -> Portion:
        return self.kept[f"{ref.id}/portion"]

    def drop_portion(self, ref: Any) -> None:
        self.kept.pop(f"{ref.id}/portion", None)

    def put_text(self, ref: Any, text: dict[str, Any]) -> None:
        self.kept[f"{ref.id}/text"] = [page["text"] for page in text["pages"]]

    def put_thumbnail(self, ref: Any, image: bytes) -> str:
        self.kept[f"{ref.id}/thumbnail"] = image
        return "thumbnail.png"

    def delete_all(self, ref: Any, name: str) -> None:
        self.kept = {key: value for key, value in self.kept.items() if key[:1] != ref.id}


def told(id: str) -> dict[str, Any]:
    return {"tenant": "home", "id": id, "run": 1}


def test_a_long_scan_queues_its_rest_until_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    cloud = Cloud(monkeypatch, left=0, each=20)
    cloud.add("a", frames=7)
    todo, times = [told("a")], 0
    while todo:
        times += 1
        cloud.invoke(*todo, left=70)
        todo, cloud.queued = cloud.queued, []
    assert (times, cloud.looks, cloud.announced) == (3, 7, ["a"])
    assert cloud.kept["a/text"] == [f"look {number}" for number in range(1, 8)]
    assert "a/portion" not in cloud.kept


def test_what_another_left_no_time_for_is_queued_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    cloud = Cloud(monkeypatch, left=0, each=50)
    for id in ("a", "b", "c"):
        cloud.add(id, frames=1)
    cloud.invoke(told("a"), told("b"), {**told("c"), "rest": True}, left=70)
    assert cloud.announced == ["a"]
    assert cloud.queued == [{**told("b"), "rest": False}, {**told("c"), "rest": True}]


def test_nothing_is_left_of_a_document_that_is_deleted_while_it_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cloud = Cloud(monkeypatch, left=0, each=1)
    cloud.add("a", frames=1)
    read = cloud.read

    def read_and_delete(draw: Draw) -> str:
        cloud.records.clear()
        return read(draw)

    monkeypatch.setattr(cloud, "read", read_and_delete)
    cloud.invoke(told("a"), left=100)
    assert cloud.looks == 1 and cloud.kept == {} and cloud.announced == []


def test_a_file_that_is_gone_fails_its_document_unless_both_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cloud = Cloud(monkeypatch, left=0, each=1)
    cloud.add("a", frames=1)
    cloud.files.clear()
    given_up: list[str] = []
    monkeypatch.setattr(sqs_processor, "give_up", lambda ref, code, *_: given_up.append(code))
    cloud.invoke(told("a"), left=100)
    cloud.records.clear()
    cloud.invoke(told("a"), left=100)
    assert given_up == ["missing"]
