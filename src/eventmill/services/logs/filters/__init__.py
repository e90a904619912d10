"""Filter patterns of log events: terms, JSON documents and columns between spaces.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Protocol

from eventmill.services.logs.filters.columns import Columns
from eventmill.services.logs.filters.document import Document
from eventmill.services.logs.filters.terms import Terms


class Filter(Protocol):
    """A compiled pattern."""

    def matches(self, message: str) -> bool:
        """Whether the pattern wants the event."""

    def extracted(self, message: str) -> dict[str, str]:
        """What the pattern names in the event: columns, or fields of a document."""

    def reader(self, message: str) -> Callable[[str], str | None]:
        """Tells what a selector finds in an event that matches: a column, or any field of a
        document, whether the pattern names it or not."""


@lru_cache(maxsize=1_024)
def compile_filter(pattern: str) -> Filter:
    """Raises Invalid (InvalidParameterException)."""
    text = pattern.strip()
    if text.startswith("{"):
        return Document(text)
    if text.startswith("["):
        return Columns(text)
    return Terms(text)
