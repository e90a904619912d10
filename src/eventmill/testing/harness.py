"""A real engine on a thread of its own, with time that tests move."""

from __future__ import annotations

import asyncio
import tempfile
import threading
from collections.abc import Coroutine, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import boto3
import uvloop
from botocore.config import Config

from eventmill import config
from eventmill.assembly import Engine
from eventmill.config import Settings
from eventmill.datadir import DataDirectory
from eventmill.deliver.inflight import Report
from eventmill.services import logs, ses

T = TypeVar("T")

RUNNING: list[TestEngine] = []
"""The engines of this process, the oldest first."""


class TestEngine:
    """What a test holds of a running engine."""

    __test__ = False

    def __init__(self, inner: Engine, loop: asyncio.AbstractEventLoop) -> None:
        self.inner = inner
        self.endpoint = inner.endpoint
        self.outputs: dict[str, str] = {}
        """Of the stack that `deploy` deployed last."""
        self._loop = loop

    def deploy(
        self, template: Path | str, parameters: Mapping[str, str] | None = None
    ) -> dict[str, str]:
        """Deploy a template, or the one in a folder; returns its outputs. Raises UsageError."""
        work = self.inner.deploy(Path(template), parameters or {})
        self.outputs = dict(self.run(work, 600).outputs)
        return self.outputs

    def run(self, work: Coroutine[Any, Any, T], seconds: float = 60.0) -> T:
        """Run a coroutine on the engine's loop and return its result."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(seconds)

    def client(self, service: str, **options: Any) -> Any:
        """A boto3 client of this engine."""
        retries = Config(retries={"total_max_attempts": 1}, read_timeout=70)
        given = options.pop("config", None)
        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name=self.inner.settings.region,
            aws_access_key_id=config.ACCESS_KEY,
            aws_secret_access_key=config.SECRET_KEY,
            config=retries.merge(given) if given is not None else retries,
            **options,
        )

    @property
    def environment(self) -> dict[str, str]:
        """Variables by which AWS's SDKs find this engine."""
        return config.environment(self.endpoint, self.inner.settings.region)

    def advance(self, seconds: float) -> None:
        """Leap so many seconds forward; what is due by then begins, and nothing is waited for."""
        self.run(self.inner.advance(seconds))

    def elapse(self, seconds: float, patience: float = 30.0) -> Report:
        """Let so many seconds of AWS's time pass as they do: what is due on the way happens at its
        moment, with all that follows from it, such as one retry after the other.

        Raises StillMoving when something does not come to rest within `patience` real seconds.
        """
        clock = self.inner.clock
        end = clock.now() + seconds
        while True:
            report = self.settle(patience)
            now = clock.now()
            due = min(
                (m.due for m in report.later if m.due is not None and m.due > now), default=end
            )
            if now >= end:
                return report
            self.advance(max(0.0, min(due, end) - now))

    @property
    def smtp(self) -> tuple[str, int]:
        """Host and port that take mail. Raises LookupError before a receipt rule set is active."""
        self.run(self.inner.smtp.refresh())
        if self.inner.smtp.address is None:
            raise LookupError("no mail is taken: no receipt rule set is active")
        host, _, port = self.inner.smtp.address.rpartition(":")
        return host.strip("[]"), int(port)

    def mailbox(self, recipient: str | None = None) -> list[dict[str, Any]]:
        """What the application sent to people, oldest first: mails of SES and SNS, and SMS.

        Each has id, kind, messageId, time, from, to and subject; a mail also text, html, headers,
        attachments and raw, an SMS its text.
        """
        work = self.inner.database.scan(lambda tx: ses.mailbox.newest(tx, recipient))
        return self.run(work)

    def logs(self, limit: int = 200, after: int = 0) -> list[str]:
        """The last lines of all log groups, oldest first, each behind its group's name.

        `after` is a `log_position`: only what came since then.
        """
        return [f"{group}: {text.rstrip()}" for _, group, text in self._lines(limit, after)]

    def log_position(self) -> int:
        """Where the logs end now."""
        return next((number for number, _, _ in self._lines(1, 0)), 0)

    def _lines(self, limit: int, after: int) -> list[tuple[int, str, str]]:
        async def read() -> list[tuple[int, str, str]]:
            self.inner.logs.flush()
            # Writes run in turn: this one comes after what was flushed.
            return await self.inner.database.write(lambda tx: logs.newest(tx, limit, after))

        return self.run(read(), 5)

    def settle(self, seconds: float = 30.0) -> Report:
        """Wait until no event is in flight. Raises StillMoving naming what still moves."""
        return self.run(self.inner.settle(seconds), seconds + 10)


@contextmanager
def engine(data: Path | str | None = None, **options: Any) -> Iterator[TestEngine]:
    """A running engine on a free port, in `data` or a folder that is deleted afterwards.

    `options` are fields of config.Settings.
    """
    with tempfile.TemporaryDirectory(prefix="eventmill-", ignore_cleanup_errors=True) as folder:
        given: dict[str, Any] = {"port": 0, "durability": "process"} | options
        settings = Settings(data=Path(data or folder), **given)
        loop = uvloop.new_event_loop()
        thread = threading.Thread(target=loop.run_forever, name="engine", daemon=True)
        thread.start()

        async def begin() -> Engine:
            directory = DataDirectory(settings.data)
            directory.claim()
            started = Engine(settings, directory)
            await started.start()
            return started

        inner = asyncio.run_coroutine_threadsafe(begin(), loop).result(30)
        running = TestEngine(inner, loop)
        RUNNING.append(running)
        try:
            yield running
        finally:
            RUNNING.remove(running)
            asyncio.run_coroutine_threadsafe(inner.stop(), loop).result(60)
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            loop.close()
