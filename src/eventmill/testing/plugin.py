"""The pytest plugin: a fixture `eventmill` with a running engine, one per test."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from eventmill.testing.harness import TestEngine


@pytest.fixture
def eventmill() -> Iterator[TestEngine]:
    """A running engine with an empty store."""
    from eventmill.testing.harness import engine

    with engine() as running:
        yield running
