"""Event patterns: what one event costs among 10 rules and among 10,000."""

from __future__ import annotations

import json
import time
from typing import Any

from eventmill.patterns import EVENTBRIDGE, PatternIndex, compile_pattern

_COUNTS = (10, 100, 1_000, 10_000)
_SECONDS = 1.0


def _pattern(number: int) -> str:
    """Rules as applications write them: a source, a type, and a value of the detail."""
    return json.dumps(
        {
            "source": ["shop.orders"],
            "detail-type": ["Order Placed"],
            "detail": {"customer": [f"customer-{number}"], "total": [{"numeric": [">", 10]}]},
        }
    )


def _event(number: int) -> dict[str, Any]:
    return {
        "version": "0",
        "id": "9f1a0c52-0000-4000-8000-000000000000",
        "source": "shop.orders",
        "detail-type": "Order Placed",
        "account": "000000000000",
        "time": "2026-01-01T00:00:00Z",
        "region": "us-east-1",
        "resources": [],
        "detail": {"customer": f"customer-{number}", "total": 42, "lines": [{"sku": "a", "n": 1}]},
    }


def measure() -> dict[str, Any]:
    """Parsed events a second by the number of rules on the bus; each event matches one rule."""
    rates = {}
    for count in _COUNTS:
        index: PatternIndex[int] = PatternIndex()
        for number in range(count):
            index.add(number, compile_pattern(_pattern(number), EVENTBRIDGE))
        events = [_event(number * 7 % count) for number in range(200)]
        assert all(len(index.match(event)) == 1 for event in events)
        matched, start = 0, time.perf_counter()
        while time.perf_counter() - start < _SECONDS:
            for event in events:
                index.match(event)
            matched += len(events)
        rates[f"{count} rules"] = round(matched / (time.perf_counter() - start))
    return {"event patterns, events/s": rates}
