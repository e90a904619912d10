"""The SMTP listener: mail comes in here, and applications that send by SMTP send here.

A client that authenticates uses SES's SMTP interface: its mail is sent, to whomever. All other mail
is received, for the addresses that the active receipt rule set is for. The 250 for a mail is the
answer to the commit that holds it.
https://docs.aws.amazon.com/ses/latest/dg/receiving-email-concepts.html
https://docs.aws.amazon.com/ses/latest/dg/send-email-smtp.html
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from eventmill.edge.server import listen
from eventmill.kernel.errors import Fault
from eventmill.services import ses
from eventmill.services.contract import Call
from eventmill.store.database import Database
from eventmill.store.transaction import Transaction

_UNKNOWN = "550 5.1.1 Requested action not taken: mailbox unavailable"
_BLOCKED = "554 5.7.1 Your address is blocked by a receipt filter"
_log = logging.getLogger(__name__)


class SmtpListener:
    """Opened when it was asked for (`port` is set), or when a receipt rule set is active."""

    def __init__(
        self,
        database: Database,
        call: Callable[[Transaction], Call],
        host: str,
        port: int | None,
    ) -> None:
        self._database = database
        self._call = call
        self._host = host
        self._port = port
        self._server: asyncio.Server | None = None
        self._watching: asyncio.Task[None] | None = None
        self._opening = asyncio.Lock()
        self.address: str | None = None
        """`host:port` once it listens."""

    async def start(self) -> None:
        """Open what is to be open. Raises UsageError when the port is taken."""
        await self.refresh()
        self._watching = asyncio.create_task(self._watch(), name="smtp listener")

    async def stop(self) -> None:
        """Close it."""
        if self._watching is not None:
            self._watching.cancel()
        if self._server is not None:
            self._server.close()

    async def refresh(self) -> None:
        """Open it if it is to be open by now. It stays open then."""
        async with self._opening:
            wanted = self._port is not None or self._database.read(ses.active_set) is not None
            if wanted and self._server is None:
                await self._open()

    async def _open(self) -> None:
        # Most applications get no mail, and the library takes longer than most of the start.
        from aiosmtpd.smtp import SMTP, AuthResult

        def authenticate(*given: Any) -> Any:
            # Whoever knows a name may send: the password is one of AWS's own making.
            return AuthResult(success=True)

        handler = _Handler(self._database, self._call)
        sock = listen(self._host, self._port or 0, option="--smtp-port")

        def protocol() -> Any:
            return SMTP(
                handler,
                hostname=ses.HOST,
                ident="Eventmill",
                data_size_limit=ses.receiving.SIZE_LIMIT,
                enable_SMTPUTF8=True,
                auth_require_tls=False,
                authenticator=authenticate,
                loop=asyncio.get_running_loop(),
            )

        self._server = await asyncio.get_running_loop().create_server(protocol, sock=sock)
        host, port = sock.getsockname()[:2]
        self.address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    async def _watch(self) -> None:
        with self._database.signals.listen(ses.ACTIVE_KEY) as signal:
            while True:
                await signal.wait(None)
                try:
                    await self.refresh()
                except Exception:
                    _log.exception("the SMTP listener cannot be opened")


class _Handler:
    """What the SMTP library asks at each command; `session` and `envelope` are its own."""

    def __init__(self, database: Database, call: Callable[[Transaction], Call]) -> None:
        self._database = database
        self._call = call

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        """Refuse an address that no rule is for."""
        if not session.authenticated:
            peer = str(session.peer[0])
            if self._database.read(lambda tx: ses.receiving.refuses(tx, peer)):
                return _BLOCKED
            if not self._database.read(lambda tx: ses.receiving.received(tx, [address])):
                return _UNKNOWN
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """Take the mail: the answer comes when it is on disk."""
        source, raw = envelope.mail_from or "", bytes(envelope.content)
        recipients, peer = list(envelope.rcpt_tos), str(session.peer[0])

        def take(tx: Transaction) -> str:
            call = self._call(tx)
            if session.authenticated:
                tags = ses.outgoing.tags_of(raw)
                named = ses.mime.header_values(raw, "X-SES-CONFIGURATION-SET")
                name = named[0] if named else None
                return ses.sending.send_raw(call, source, recipients, raw, name, tags)
            if ses.active_set(tx) is None:
                # It was deactivated between RCPT and DATA.
                return ""
            return ses.receiving.accept(tx, call.ids, source, recipients, raw, peer)

        try:
            number = await self._database.write(take)
        except Fault as fault:
            return f"554 Transaction failed: {fault.message}"
        return f"250 OK {number}" if number else _UNKNOWN
