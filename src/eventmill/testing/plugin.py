"""The pytest plugin: a fixture `eventmill` with a running engine, one per test, and what functions
logged beside each failure."""

from __future__ import annotations

import sys
from collections.abc import Generator, Iterator
from contextlib import suppress
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


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show what the functions of all running engines wrote: it mostly tells why the test failed."""
    report = yield
    # Not imported here: most tests of a project that has this package start no engine.
    harness = sys.modules.get("eventmill.testing.harness")
    if report.failed and harness is not None:
        for running in harness.RUNNING:
            # An engine that does not answer must not hide the failure.
            with suppress(Exception):
                lines = running.logs()
                if lines:
                    report.sections.append((f"Logs of {running.endpoint}", "\n".join(lines)))
    return report
