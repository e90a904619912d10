"""Batches: each record fails alone, and never silently."""

from typing import Any

from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    FailureResponse,
)

from handlers.powertools import logger


class LoggedBatchProcessor(BatchProcessor):
    """Writes the reason of each failed record to the log; the response tells only its id."""

    def __init__(self, event_type: EventType) -> None:
        super().__init__(event_type=event_type, raise_on_entire_batch_failure=False)

    def failure_handler(self, record: Any, exception: Any) -> FailureResponse:
        logger.error("a record failed", exc_info=exception)
        return super().failure_handler(record, exception)
