"""All of deliver's loops, joined to their sources, carriers and sinks."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from eventmill.deliver import destinations, kafka_topics
from eventmill.deliver.asynchronous import AsynchronousInvocations
from eventmill.deliver.authorization import Reach
from eventmill.deliver.destinations import Sink
from eventmill.deliver.mapping import Pollers
from eventmill.deliver.outbox import Outbox
from eventmill.deliver.parts import Parts
from eventmill.deliver.streams import StreamSource


class Delivery:
    """Started after the services, stopped before them.

    Register the carriers of other sources on `outbox` before `start`.
    """

    def __init__(
        self,
        parts: Parts,
        streams: Mapping[str, StreamSource] | None = None,
        sinks: Mapping[str, Sink] | None = None,
        reach: Reach | None = None,
    ) -> None:
        """`streams` and `sinks` by the service in an ARN; those of the usual targets are here.

        `reach` is how pipes call HTTP servers; there are none without it.
        """
        self.outbox = Outbox(parts.database)
        own = {
            "sqs": destinations.queue_sink(parts.ids),
            "lambda": destinations.function_sink(parts.ids),
            "sns": destinations.topic_sink(parts.ids),
            "events": destinations.bus_sink(parts.ids),
        }
        self.outbox.hop(
            destinations.KIND, destinations.carrier({**own, **(sinks or {})}, parts.metrics)
        )
        self.outbox.send(kafka_topics.KIND, kafka_topics.sender(parts))
        self._pollers = Pollers(parts, streams or {}, reach)
        self._asynchronous = AsynchronousInvocations(parts)

    async def start(self) -> None:
        """Give back what earlier starts held, and begin to deliver."""
        self.outbox.start()
        self._asynchronous.start()
        await self._pollers.start()

    async def stop(self, grace: float) -> None:
        """Take no more; what runs may end within `grace` real seconds."""
        await asyncio.gather(self._pollers.stop(grace), self._asynchronous.stop(grace))
        await self.outbox.stop(grace)
