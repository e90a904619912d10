"""What the command line asks a running engine: its status, its time, its mailbox."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

from eventmill import joins
from eventmill.deliver.inflight import Report
from eventmill.deploy import outputs_of, resources_of
from eventmill.edge.control import Command
from eventmill.edge.smtp import SmtpListener
from eventmill.kernel.clock import Clock
from eventmill.kernel.errors import UsageError
from eventmill.services import ses
from eventmill.services.contract import Call
from eventmill.store.database import Database
from eventmill.store.transaction import Transaction


class Controls:
    """The commands below the engine's own path, by method and name."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        smtp: SmtpListener,
        call: Callable[[Transaction], Call],
        address: Callable[[], str],
        running: Callable[[], int],
        advance: Callable[[float], Awaitable[None]],
        settle: Callable[[float], Awaitable[Report]],
        stack_of: Callable[[Path], str],
    ) -> None:
        self._database = database
        self._clock = clock
        self._smtp = smtp
        self._call = call
        self._address = address
        self._running = running
        self._move = advance
        self._rest = settle
        self._stack_of = stack_of

    def commands(self) -> dict[tuple[str, str], Command]:
        """See edge.control.Control."""
        return {
            ("GET", "status"): self._status,
            ("GET", "stack"): self._stack,
            ("POST", "advance"): self._advance,
            ("POST", "settle"): self._settle,
            ("GET", "mailbox"): self._mailbox,
            ("POST", "mailbox/empty"): self._empty_mailbox,
        }

    async def _status(self, params: dict[str, Any]) -> Any:
        status = await self._database.scan(partial(joins.status, call=self._call))
        outputs = self._database.read(outputs_of)
        resources = {name: self._database.read(partial(_resources, stack=name)) for name in outputs}
        await self._smtp.refresh()
        return status | {
            "endpoint": self._address(),
            "smtp": self._smtp.address,
            "running": self._running(),
            "outputs": outputs,
            "resources": resources,
        }

    async def _stack(self, params: dict[str, Any]) -> Any:
        return {"stack": self._stack_of(Path(params["template"]))}

    async def _mailbox(self, params: dict[str, Any]) -> Any:
        if "id" in params:
            found = self._database.read(lambda tx: ses.mailbox.find(tx, int(params["id"])))
            if found is None:
                raise UsageError(f"the mailbox holds no message {params['id']}")
            return found
        recipient, limit = params.get("to"), int(params.get("limit", 100))
        newest = await self._database.scan(lambda tx: ses.mailbox.newest(tx, recipient, limit))
        return {"messages": newest}

    async def _empty_mailbox(self, params: dict[str, Any]) -> Any:
        await self._database.write(ses.mailbox.empty)
        return {}

    async def _advance(self, params: dict[str, Any]) -> Any:
        await self._move(float(params["seconds"]))
        return {"offset": self._clock.offset}

    async def _settle(self, params: dict[str, Any]) -> Any:
        report = await self._rest(float(params.get("seconds", 30)))
        return {"later": [[motion.name, motion.due] for motion in report.later]}


def _resources(tx: Transaction, stack: str) -> dict[str, str]:
    return {name: entry.physical_id for name, entry in resources_of(tx, stack).items()}
