"""Runs one operation of a service: where its mode says, waiting where it must."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

from eventmill.kernel.clock import Clock
from eventmill.kernel.errors import Fault, Internal, Invalid
from eventmill.kernel.ids import Ids
from eventmill.kernel.ports import Ports
from eventmill.services.contract import (
    Call,
    Directory,
    Events,
    Later,
    Measure,
    Mode,
    Objects,
    Operation,
    Park,
    Result,
    Service,
    Then,
)
from eventmill.store.blobs import Blobs
from eventmill.store.code import CodeStore
from eventmill.store.database import Database
from eventmill.store.transaction import Transaction


class Origin:
    """Who calls, and how: what an operation may want to know of the request."""

    __slots__ = ("endpoint", "headers", "principal", "request_id", "source_ip", "trace")

    def __init__(
        self,
        request_id: str,
        *,
        endpoint: str,
        principal: str = "",
        source_ip: str = "127.0.0.1",
        headers: Mapping[str, str] | None = None,
        trace: str | None = None,
    ) -> None:
        self.request_id = request_id
        self.endpoint = endpoint
        self.principal = principal
        self.source_ip = source_ip
        self.headers: Mapping[str, str] = headers if headers is not None else {}
        self.trace = trace


class Dispatcher:
    """The operations of all services on one store."""

    def __init__(
        self,
        services: Mapping[str, Service],
        database: Database,
        clock: Clock,
        ids: Ids,
        ports: Ports,
        blobs: Blobs,
        code: CodeStore,
        directory: Directory,
        objects: Objects,
        measure: Measure,
        account: str,
        region: str,
    ) -> None:
        self._operations: dict[tuple[str, str], Operation] = {
            (service.name, operation.name): operation
            for service in services.values()
            for operation in service.operations.values()
        }
        self._services = services
        self._database = database
        self._clock = clock
        self._ids = ids
        self._ports = ports
        self._blobs = blobs
        self._code = code
        self._directory = directory
        self._objects = objects
        self._measure = measure
        self._account = account
        self._region = region
        self.endpoint = ""

    def find(self, service: str, operation: str) -> Operation:
        """The operation. Raises Fault when the engine does not offer it."""
        found = self._operations.get((service, operation))
        if found is None:
            raise Invalid("NotImplemented", self._missing(service, operation), status=501)
        return found

    def absent(self, service: str) -> Fault | None:
        """The answer to every request for a service that is not here; None for one that is."""
        if service in self._services:
            return None
        return Invalid("NotImplemented", self._missing(service, ""), status=501)

    def offers(self, service: str, operation: str) -> bool:
        """Whether the engine offers the operation."""
        return (service, operation) in self._operations

    def _missing(self, service: str, operation: str) -> str:
        if service not in self._services:
            known = ", ".join(sorted(self._services))
            return f"Eventmill does not offer the service {service}. It offers: {known}."
        return f"Eventmill does not offer {operation} of {service}."

    async def run(
        self, operation: Operation, request: dict[str, Any], origin: Origin, *, long: bool = False
    ) -> dict[str, Any]:
        """The operation's result; `long` as for Database.write. Raises Fault."""
        meter = operation.meter
        began = self._clock.ticks() if meter is not None else 0.0
        try:
            result = await self._once(operation, request, origin, None, long)
        except Fault as fault:
            if meter is not None:
                took = self._clock.ticks() - began
                self._ports.counts.merge(meter(operation.name, request, fault, took))
            raise
        if isinstance(result, dict):
            if meter is not None:
                took = self._clock.ticks() - began
                self._ports.counts.merge(meter(operation.name, request, result, took))
            return result
        if isinstance(result, Later):
            return await result.run()
        return await self._parked(operation, request, origin, result)

    async def _events(self, events: Events, origin: Origin) -> AsyncIterator[dict[str, Any]]:
        """What the steps of a stream give, until the last of them or until nobody asks."""
        with self._database.signals.listen(*events.keys) as signal:
            while True:
                due, until = self._database.read(lambda tx: events.step(self.call(tx, origin)))
                for event in due:
                    yield event
                if until is None:
                    return
                await signal.wait(until)

    async def _parked(
        self, operation: Operation, request: dict[str, Any], origin: Origin, park: Park
    ) -> dict[str, Any]:
        since = self._clock.now()
        with self._database.signals.listen(*park.keys) as signal:
            last = False
            while True:
                # The first look was before the signal listened: look again before waiting.
                result = await self._once(operation, request, origin, since)
                if isinstance(result, dict):
                    return result
                if isinstance(result, Later):
                    return await result.run()
                if last:
                    return result.otherwise
                last = not await signal.wait(park.until)

    async def _once(
        self,
        operation: Operation,
        request: dict[str, Any],
        origin: Origin,
        waited_since: float | None,
        long: bool = False,
    ) -> dict[str, Any] | Park | Later:
        def run(tx: Transaction) -> Result:
            return operation.function(self.call(tx, origin, waited_since), request)

        try:
            if operation.mode is Mode.WRITE:
                result = await self._database.write(run, long=long)
            elif operation.mode is Mode.READ:
                result = self._database.read(run)
            elif operation.mode is Mode.SWEEP:
                result = await self._database.write(run, long=True)
            else:
                result = await self._database.scan(run)
            if isinstance(result, Then):
                change = result.run
                return await self._database.write(lambda tx: change(self.call(tx, origin)))
            if isinstance(result, Events):
                return {"__events__": self._events(result, origin), "__for_client__": True}
            return result
        except Fault:
            raise
        except Exception as error:
            raise Internal("InternalFailure", f"{operation.name} failed: {error!r}") from error

    def call(self, tx: Transaction, origin: Origin, waited_since: float | None = None) -> Call:
        """The context of one call in `tx`."""
        return Call(
            tx=tx,
            ids=self._ids,
            ports=self._ports,
            blobs=self._blobs,
            code=self._code,
            account=self._account,
            region=self._region,
            endpoint=origin.endpoint,
            request_id=origin.request_id,
            principal=origin.principal,
            source_ip=origin.source_ip,
            headers=origin.headers,
            trace=origin.trace,
            parked=waited_since is not None,
            waited_since=waited_since,
            directory=self._directory,
            objects=self._objects,
            measure=self._measure,
            writes=self._database.write,
        )

    async def by_name(
        self, service: str, operation: str, params: Mapping[str, Any], origin: Origin
    ) -> dict[str, Any]:
        """Run an operation that the engine itself calls by name."""
        return await self.run(self.find(service, operation), dict(params), origin)
