"""All of deliver's loops, joined to their sources, carriers and sinks."""

from __future__ import annotations

from eventmill.deliver import destinations
from eventmill.deliver.asynchronous import AsynchronousInvocations
from eventmill.deliver.mapping import Pollers
from eventmill.deliver.outbox import Outbox
from eventmill.deliver.parts import Parts


class Delivery:
    """Started after the services, stopped before them."""

    def __init__(self, parts: Parts) -> None:
        self._outbox = Outbox(parts.database)
        sinks = {
            "sqs": destinations.queue_sink(parts.ids),
            "lambda": destinations.function_sink(parts.ids),
        }
        self._outbox.hop(destinations.KIND, destinations.carrier(sinks))
        self._pollers = Pollers(parts, {})
        self._asynchronous = AsynchronousInvocations(parts)

    async def start(self) -> None:
        """Begin to deliver."""
        self._outbox.start()
        self._asynchronous.start()
        await self._pollers.start()

    async def stop(self, grace: float) -> None:
        """Take no more; what runs may end within `grace` real seconds."""
        await self._pollers.stop(grace)
        await self._asynchronous.stop(grace)
        await self._outbox.stop(grace)
