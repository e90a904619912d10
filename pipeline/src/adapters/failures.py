"""Giving up on a document: the reason on its record, the message buried, people told once."""

from __future__ import annotations

import os

from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)

from adapters import messages, records
from adapters.records import Ref
from documents import progress

_DAY = 86_400


def give_up(ref: Ref, code: str, message: str, body: str) -> None:
    """May be repeated: what was done already is not done again."""
    record = records.get(ref)
    while record is not None:
        failed = progress.fail(records.progress_of(record), code, message, ref.run)
        if failed is None or records.move(record, failed) is not None:
            break
        record = records.get(ref)
    _tell_once(
        notice={"document": ref.key["document"], "run": ref.run, "code": code},
        ref=ref,
        name=str((record or {}).get("name", ref.id)),
        message=message,
        body=body,
    )


def _tell_once(notice: dict[str, object], ref: Ref, name: str, message: str, body: str) -> None:
    @idempotent_function(
        data_keyword_argument="notice",
        persistence_store=DynamoDBPersistenceLayer(table_name=os.environ["ONCE_TABLE"]),
        config=IdempotencyConfig(expires_after_seconds=_DAY),
        key_prefix="failure",
    )
    def tell(notice: dict[str, object]) -> bool:
        messages.bury(ref, str(notice["code"]), message, body)
        text = f"{name} could not be read: {message} ({notice['code']}). Retry it from the page."
        messages.notify(f"Document failed: {ref.id}", text)
        return True

    tell(notice=notice)
