"""Timestamps: epoch seconds inside, one of three texts on the wire."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any

from eventmill.kernel.clock import epoch_of
from eventmill.kernel.errors import Invalid


def to_epoch(value: Any) -> float:
    """Epoch seconds of a number, ISO 8601 or RFC 822 text. Raises Invalid."""
    if isinstance(value, int | float):
        return float(value)
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).timestamp()
    try:
        return _text_to_epoch(str(value))
    except (ValueError, TypeError):
        raise Invalid("SerializationException", f"{value!r} is not a timestamp.") from None


def _text_to_epoch(text: str) -> float:
    try:
        return epoch_of(text)
    except ValueError:
        moment = parsedate_to_datetime(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def iso8601(value: Any) -> str:
    """`2014-10-13T15:57:02.089Z`; milliseconds always, as S3 and SNS print them."""
    moment = datetime.fromtimestamp(to_epoch(value), UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def rfc822(value: Any) -> str:
    """`Mon, 13 Oct 2014 15:57:02 GMT`"""
    moment = datetime.fromtimestamp(int(to_epoch(value)), UTC)
    return format_datetime(moment, usegmt=True)


def unix(value: Any) -> float | int:
    """A number, whole where it is."""
    epoch = round(to_epoch(value), 3)
    return int(epoch) if epoch.is_integer() else epoch


FORMATS = {"iso8601": iso8601, "rfc822": rfc822, "unixTimestamp": unix}
