"""What sort of document is it? The answer decides, on the bus, who reads its fields."""

import os
import time

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.data_classes import EventBridgeEvent, event_source
from aws_lambda_powertools.utilities.typing import LambdaContext

from adapters import files, messages, records
from adapters.records import Record, Ref
from documents import progress
from documents.classify import classify
from documents.extract.page import Page
from documents.kinds import Kind
from documents.progress import Stage
from handlers.powertools import logger, metrics, tracer


@logger.inject_lambda_context
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics
@event_source(data_class=EventBridgeEvent)  # type: ignore[untyped-decorator]
def handler(event: EventBridgeEvent, context: LambdaContext) -> None:
    ref = Ref.of(event.detail)
    logger.append_keys(document=ref.id, tenant=ref.tenant)
    sort(ref)


def sort(ref: Ref) -> None:
    """Bring one document to `classified`. May be repeated."""
    started = time.monotonic()
    record = records.working(ref)
    if record is None:
        return
    if record["stage"] == Stage.CLASSIFIED:
        _announce(ref, record)
    step = progress.advance(records.progress_of(record), Stage.CLASSIFIED, ref.run)
    if step is None:
        return
    text = files.text(ref) or {"pages": []}
    pages = [Page(page["number"], page["text"]) for page in text["pages"]]
    found = classify(files.words(text), Kind(record["kind"]), pages, text.get("embedded"))
    ms = round((time.monotonic() - started) * 1000)
    details = {"class": found.name, "confidence": float(found.confidence)}
    moved = records.move(record, step, ms, **details)
    if moved is not None:
        metrics.add_metric("Classified", MetricUnit.Count, 1)
        _announce(ref, moved)


def _announce(ref: Ref, record: Record) -> None:
    characters = int(record["characters"])
    messages.announce(
        "DocumentClassified",
        ref,
        **{"class": record["class"]},
        characters=characters,
        large=characters > int(os.environ["LARGE_CHARACTERS"]),
    )
