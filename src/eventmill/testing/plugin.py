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
def eventmill(monkeypatch: pytest.MonkeyPatch) -> Iterator[TestEngine]:
    """A running engine with an empty store, which AWS's SDKs find for the length of the test."""
    from eventmill.testing.harness import engine

    with engine() as running:
        for name, value in running.environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)
        monkeypatch.delenv("AWS_PROFILE", raising=False)
        yield running


_BEGAN = pytest.StashKey[dict[str, int]]()
"""Where the logs of the engines ended when a test began, by their addresses."""


def _running() -> list[TestEngine]:
    # Not imported here: most tests of a project that has this package start no engine.
    harness = sys.modules.get("eventmill.testing.harness")
    return [] if harness is None else list(harness.RUNNING)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Note what engines that other tests started have logged so far."""
    item.stash[_BEGAN] = {}
    for running in _running():
        # An engine that does not answer is the business of the tests that use it.
        with suppress(Exception):
            item.stash[_BEGAN][running.endpoint] = running.log_position()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show what functions wrote during a test that failed: it mostly tells why."""
    report = yield
    if report.failed:
        began = item.stash.get(_BEGAN, {})
        for running in _running():
            # An engine that does not answer must not hide the failure.
            with suppress(Exception):
                lines = running.logs(after=began.get(running.endpoint, 0))
                if lines:
                    report.sections.append((f"Logs of {running.endpoint}", "\n".join(lines)))
    return report
