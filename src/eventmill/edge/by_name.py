"""Operations that the engine itself calls by name: universal targets, service integrations."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from eventmill import config
from eventmill.edge.dispatch import Dispatcher, Origin
from eventmill.kernel.ids import Ids
from eventmill.services.contract import Upload


class ByName:
    """See kernel.ports.ApiCaller. Give it its dispatcher before the first call."""

    def __init__(self, ids: Ids) -> None:
        self._ids = ids
        self.dispatcher: Dispatcher | None = None

    async def call(self, service: str, operation: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """Run it as the engine itself. Raises Fault."""
        dispatcher = self._ready()
        origin = Origin(self._ids.uuid(), endpoint=dispatcher.endpoint, principal=config.ACCESS_KEY)
        return await dispatcher.by_name(service, operation, params, origin)

    async def call_json(self, service: str, operation: str, document: str) -> dict[str, Any]:
        """Run it with a JSON object as its request. Raises Fault."""
        # Most applications never call so, and the models it needs load slowly.
        from eventmill.wire.by_name import request_of

        request, stream = request_of(service, operation, document)
        if stream is not None:
            data = request.get(stream) or b""
            digest = hashlib.md5(data, usedforsecurity=False).digest()
            request[stream] = Upload(len(data), digest, data)
        return await self.call(service, operation, request)

    def offers(self, service: str, operation: str) -> bool:
        """Whether there is such an operation to call."""
        return self._ready().offers(service, operation)

    def _ready(self) -> Dispatcher:
        assert self.dispatcher is not None
        return self.dispatcher
