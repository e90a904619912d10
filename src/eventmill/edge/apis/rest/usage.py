"""API keys, usage plans and throttling.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-usage-plans.html
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from eventmill.edge.apis.buckets import Buckets
from eventmill.edge.apis.rest.failures import Failed
from eventmill.edge.apis.rest.model import Method
from eventmill.edge.apis.rest.published import Published
from eventmill.edge.apis.rest.request import Request
from eventmill.kernel.clock import Clock
from eventmill.services.apigateway import plans
from eventmill.store.database import Database


class Usage:
    """Counts what keys use. The counts go to the store without holding up the request."""

    def __init__(self, database: Database, clock: Clock, published: Published) -> None:
        self._database = database
        self._published = published
        self._buckets = Buckets(clock)
        self._counts: dict[tuple[str, str, str], int] = {}
        self._counts_of = -1

    def check(self, request: Request, method: Method) -> None:
        """Raises Failed: 403 without a key that fits, 429 beyond a rate or quota."""
        if method.key_required:
            self._keyed(request, method)
        self._stage(request, method)

    def _keyed(self, request: Request, method: Method) -> None:
        stage = request.stage
        named = stage.keys_from == "AUTHORIZER"
        value = request.named_key if named else request.headers.get("x-api-key")
        held = self._published.keys.get(value or "")
        plan = None if held is None else self._published.plan(stage.api_id, stage.name, held["id"])
        if held is None or plan is None or not held.get("enabled"):
            raise Failed("INVALID_API_KEY", "Forbidden")
        request.identity |= {"apiKey": value, "apiKeyId": held["id"]}
        self._throttle_key(request, method, plan, held["id"])
        self._count(request, plan, held["id"])

    def _throttle_key(
        self, request: Request, method: Method, plan: Mapping[str, Any], key: str
    ) -> None:
        stage = request.stage
        held = next(
            entry
            for entry in plan["apiStages"]
            if (entry["apiId"], entry["stage"]) == (stage.api_id, stage.name)
        )
        limits = held.get("throttle") or {}
        place = f"{method.resource_path}/{request.verb}"
        own = limits.get(place) or limits.get(f"{method.resource_path}/{method.verb}")
        if own:
            self._take((plan["id"], key, place), own.get("rateLimit"), own.get("burstLimit"))
        shared = plan.get("throttle")
        if shared:
            self._take((plan["id"], key), shared.get("rateLimit"), shared.get("burstLimit"))

    def _take(self, bucket: tuple[str, ...], rate: Any, burst: Any) -> None:
        if rate is None and burst is None:
            return
        rate = float("inf") if rate is None else float(rate)
        if not self._buckets.take(bucket, rate, float(burst if burst is not None else rate)):
            raise Failed("THROTTLED", "Too Many Requests")

    def _count(self, request: Request, plan: Mapping[str, Any], key: str) -> None:
        number, quota = plan["id"], plan.get("quota")
        day = datetime.fromtimestamp(request.now, UTC).date().isoformat()
        if quota:
            since = plans.period_start(quota, request.now)
            limit = int(quota["limit"])
            if self._used(number, key, since) >= limit:
                raise Failed("QUOTA_EXCEEDED", "Limit Exceeded")
            self._counts[number, key, since] += 1
        self._database.post(lambda tx: plans.add_use(tx, number, key, day, 1))

    def _used(self, plan: str, key: str, since: str) -> int:
        """Calls in the period: read from the store once, then counted here."""
        if self._counts_of != self._published.version:
            self._counts.clear()
            self._counts_of = self._published.version
        place = (plan, key, since)
        if place not in self._counts:
            self._counts[place] = self._database.read(lambda tx: plans.used(tx, *place))
        return self._counts[place]

    def _stage(self, request: Request, method: Method) -> None:
        stage = request.stage
        path = method.resource_path.replace("/", "~1")
        for place in (f"{path}/{request.verb}", f"{path}/{method.verb}", f"{path}/*", "*/*"):
            settings = stage.settings.get(place) or {}
            rate, burst = (settings.get(f"throttling{kind}Limit") for kind in ("Rate", "Burst"))
            if rate is not None or burst is not None:
                self._take((stage.api_id, stage.name, f"{path}/{request.verb}"), rate, burst)
                return
