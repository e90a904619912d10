"""An upload has arrived: what is it, can it be read, was it here before?

S3 invokes asynchronously: what fails here is tried twice more and then goes to the failed queue.
"""

import os
import time
from dataclasses import replace
from typing import Any
from urllib.parse import unquote_plus

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.data_classes import S3Event, event_source
from aws_lambda_powertools.utilities.typing import LambdaContext

from adapters import files, messages, records
from adapters.records import Record, Ref
from documents import progress
from documents.errors import Permanent
from documents.inspect import Inspection, inspect
from documents.kinds import Kind
from documents.limits import LIMITS, Limits
from documents.progress import Progress, Stage, Status
from documents.sniff import HEAD_BYTES, TAIL_BYTES, sniff
from handlers.powertools import logger, metrics, tracer


@logger.inject_lambda_context
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics
@event_source(data_class=S3Event)  # type: ignore[untyped-decorator]
def handler(event: S3Event, context: LambdaContext) -> None:
    for record in event.records:
        take_in(unquote_plus(record.s3.get_object.key), record.s3.get_object.size)


def take_in(key: str, size: int) -> None:
    """Bring one upload to `received`, or say why not. May be repeated."""
    started = time.monotonic()
    ref, name = files.parse_upload_key(key)
    logger.append_keys(document=ref.id, tenant=ref.tenant)
    record = records.get(ref)
    where = records.progress_of(record) if record is not None else Progress()
    if where.stage is Stage.RECEIVED and where.status is Status.WORKING:
        # The event came again, maybe because its first function died before it queued the work.
        messages.queue_work(Ref(ref.tenant, ref.id, where.run))
        return
    if where.stage is not Stage.UPLOADING or where.status is not Status.WORKING:
        return
    data = files.original(ref, name)
    if data is None and record is None:
        # Deleted before its event came: a record made now would bring it back to life.
        logger.info("deleted meanwhile")
        return
    record = record or records.create(ref, name, size)
    kind: Kind | None = None
    try:
        if data is None:
            raise Permanent("missing", "the file is gone: upload it again")
        kind = sniff(data[:HEAD_BYTES], data[-TAIL_BYTES:], name)
        inspection = inspect(data, kind, _limits())
    except Permanent as error:
        _refuse(record, where, error, kind)
        return
    _accept(record, ref, where, inspection, round((time.monotonic() - started) * 1000))


def _limits() -> Limits:
    return replace(LIMITS, bytes=int(os.environ["MAX_BYTES"]))


def _refuse(record: Record, where: Progress, error: Permanent, kind: Kind | None) -> None:
    refused = progress.reject(where, error.code, error.message, where.run)
    found = {"kind": kind.value} if kind is not None else {}
    if refused is not None and records.move(record, refused, **found) is not None:
        metrics.add_metric("Rejected", MetricUnit.Count, 1)
        logger.info("rejected", extra={"code": error.code})


def _accept(record: Record, ref: Ref, where: Progress, inspection: Inspection, ms: int) -> None:
    found: dict[str, Any] = {
        "kind": inspection.kind.value,
        "size": inspection.size,
        "sha256": inspection.sha256,
        "pages": inspection.pages,
    }
    first = records.claim_content(ref, inspection.sha256)
    if first != ref.id:
        step = progress.mark_duplicate(where, where.run)
        found["duplicate_of"] = first
    else:
        step = progress.advance(where, Stage.RECEIVED, where.run)
    if step is None or records.move(record, step, ms, **found) is None:
        return
    if step.status is Status.DUPLICATE:
        metrics.add_metric("Duplicates", MetricUnit.Count, 1)
        return
    metrics.add_metric("Received", MetricUnit.Count, 1)
    messages.queue_work(Ref(ref.tenant, ref.id, where.run))
