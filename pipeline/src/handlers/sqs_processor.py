"""Read the text of queued documents, batch by batch.

A transient failure leaves its message in the queue for another try; a permanent one is written on
the document, told, and buried, and the message is done with. One document's failure never holds
up another of the batch, and one that takes long does not take the others' time: what cannot be
read in the time that is left is queued anew, and so is the rest of a scan of many pages.
"""

import json
import time
from collections.abc import Callable
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from adapters import files, messages, records
from adapters.failures import give_up
from adapters.files import Portion
from adapters.records import Record, Ref
from documents import progress
from documents.errors import Permanent
from documents.extract import Extraction, extract, thumbnail
from documents.kinds import Kind
from documents.ocr import PaddleOcr, Portions, Unfinished
from documents.progress import Stage
from handlers.batches import LoggedBatchProcessor
from handlers.powertools import logger, metrics, tracer

_processor = LoggedBatchProcessor(EventType.SQS)
_ocr = PaddleOcr()
_LEAST_SECONDS, _SLOWEST = 30.0, 2.0
"""A document is begun only if that much is left for it, and time for one twice as slow as any
before it in its batch; the first of a batch always is."""


@logger.inject_lambda_context
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    batch = Batch(lambda: context.get_remaining_time_in_millis() / 1_000)
    return process_partial_response(
        event=event, record_handler=batch.on_message, processor=_processor, context=context
    )


class Batch:
    """The messages of one invocation, and the time that is left for them."""

    def __init__(self, seconds_left: Callable[[], float]) -> None:
        self._seconds_left = seconds_left
        self._slowest: float | None = None

    def on_message(self, record: SQSRecord) -> None:
        """Read a document, or queue it anew when another of the batch has taken its time."""
        message = json.loads(record.body)
        ref, rest = Ref.of(message), bool(message.get("rest"))
        logger.append_keys(document=ref.id, tenant=ref.tenant)
        before = self._seconds_left()
        if self._slowest is not None and before < max(_LEAST_SECONDS, _SLOWEST * self._slowest):
            messages.queue_work(ref, rest=rest)
            return
        try:
            read(ref, rest, self._seconds_left)
        except Permanent as error:
            _give_up(ref, error, record.body)
        finally:
            self._slowest = max(self._slowest or 0.0, before - self._seconds_left())


def _give_up(ref: Ref, error: Permanent, body: str) -> None:
    logger.info("gave up", extra={"code": error.code})
    metrics.add_metric("Failed", MetricUnit.Count, 1)
    give_up(ref, error.code, error.message, body)


def read(ref: Ref, rest: bool, seconds_left: Callable[[], float]) -> None:
    """Bring one document to `extracted`, or a portion nearer to it. May be repeated.

    `rest` says that an earlier portion left something. Raises Permanent, Transient.
    """
    started = time.monotonic()
    record = records.working(ref)
    if record is None:
        return
    if record["stage"] == Stage.EXTRACTED:
        # Read before, but maybe its function died before it told anybody.
        messages.announce_extracted(ref, record)
    step = progress.advance(records.progress_of(record), Stage.EXTRACTED, ref.run)
    if step is None:
        return
    data = files.original(ref, record["name"])
    if data is None:
        if records.get(ref) is None:
            return
        raise Permanent("missing", "the file is gone: upload it again")
    before = files.portion(ref, record["sha256"]) if rest else Portion([], 0)
    try:
        portions = Portions(_ocr, before.texts, seconds_left)
        extraction = extract(data, Kind(record["kind"]), portions)
    except Unfinished as more:
        texts, ms = more.texts, before.ms + _ms_since(started)
        files.put_portion(ref, record["sha256"], Portion(texts, ms))
        messages.queue_work(ref, rest=True)
        _leave_nothing_of_a_deleted(ref, record)
        return
    found = _keep(ref, data, Kind(record["kind"]), extraction)
    moved = records.move(record, step, before.ms + _ms_since(started), **found)
    if moved is not None:
        metrics.add_metric("Extracted", MetricUnit.Count, 1)
        metrics.add_metric("Pages", MetricUnit.Count, len(extraction.pages))
        messages.announce_extracted(ref, moved)
    else:
        _leave_nothing_of_a_deleted(ref, record)
    if rest:
        files.drop_portion(ref)


def _ms_since(started: float) -> int:
    return round((time.monotonic() - started) * 1000)


def _leave_nothing_of_a_deleted(ref: Ref, record: Record) -> None:
    """What was kept of a document that was deleted meanwhile goes after it."""
    if records.get(ref) is None:
        files.delete_all(ref, record["name"])


def _keep(ref: Ref, data: bytes, kind: Kind, extraction: Extraction) -> dict[str, Any]:
    """Store text and thumbnail; returns what the record says of them."""
    files.put_text(
        ref,
        {
            "pages": [{"number": page.number, "text": page.text} for page in extraction.pages],
            "embedded": extraction.embedded or {},
        },
    )
    image = thumbnail(data, kind, extraction.pages)
    return {
        "pages": len(extraction.pages),
        "characters": extraction.characters,
        "language": extraction.language,
        "ocr": extraction.ocr_used,
        "thumbnail": files.put_thumbnail(ref, image) if image else None,
    }
