"""Read the text of queued documents, batch by batch.

A transient failure leaves its message in the queue for another try; a permanent one is written on
the document, told, and buried, and the message is done with. One document's failure never holds
up another of the batch.
"""

import json
import time
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from adapters import files, messages, records
from adapters.failures import give_up
from adapters.records import Record, Ref
from documents import progress
from documents.errors import Permanent
from documents.extract import Extraction, extract, thumbnail
from documents.kinds import Kind
from documents.ocr import PaddleOcr
from documents.progress import Stage
from handlers.batches import LoggedBatchProcessor
from handlers.powertools import logger, metrics, tracer

_processor = LoggedBatchProcessor(EventType.SQS)
_ocr = PaddleOcr()


@logger.inject_lambda_context
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    return process_partial_response(
        event=event, record_handler=_on_message, processor=_processor, context=context
    )


def _on_message(record: SQSRecord) -> None:
    ref = Ref.of(json.loads(record.body))
    logger.append_keys(document=ref.id, tenant=ref.tenant)
    try:
        read(ref)
    except Permanent as error:
        logger.info("gave up", extra={"code": error.code})
        metrics.add_metric("Failed", MetricUnit.Count, 1)
        give_up(ref, error.code, error.message, record.body)


def read(ref: Ref) -> None:
    """Bring one document to `extracted`. May be repeated. Raises Permanent, Transient."""
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
    kind = Kind(record["kind"])
    extraction = extract(data, kind, _ocr)
    found = _keep(ref, record, data, kind, extraction)
    ms = round((time.monotonic() - started) * 1000)
    moved = records.move(record, step, ms, **found)
    if moved is not None:
        metrics.add_metric("Extracted", MetricUnit.Count, 1)
        metrics.add_metric("Pages", MetricUnit.Count, len(extraction.pages))
        messages.announce_extracted(ref, moved)


def _keep(
    ref: Ref, record: Record, data: bytes, kind: Kind, extraction: Extraction
) -> dict[str, Any]:
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
