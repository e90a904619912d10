"""Property values as templates write them, in the types that the API takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eventmill.kernel.clock import epoch_of
from eventmill.services.contract import Call
from eventmill.services.lambda_ import provisioned
from eventmill.services.lambda_.faults import parameter
from eventmill.services.lambda_.names import Named

_WHOLE = frozenset(
    {
        "BatchSize",
        "MaxAge",
        "MaximumBatchingWindowInSeconds",
        "MaximumConcurrency",
        "MaximumEventAgeInSeconds",
        "MaximumPollers",
        "MaximumRecordAgeInSeconds",
        "MaximumRetryAttempts",
        "MemorySize",
        "MinimumPollers",
        "ParallelizationFactor",
        "ProvisionedConcurrentExecutions",
        "ReservedConcurrentExecutions",
        "Size",
        "Timeout",
        "TumblingWindowInSeconds",
    }
)
_TRUTH = frozenset(
    {
        "AllowCredentials",
        "BisectBatchOnFunctionError",
        "Enabled",
        "InvokedViaFunctionUrl",
    }
)


def typed(value: Any, name: str = "") -> Any:
    """`value` with the numbers, truth values and times that the template wrote as text typed."""
    if isinstance(value, dict):
        return {key: typed(inner, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [typed(inner) for inner in value]
    if name in _WHOLE and isinstance(value, str):
        return int(value)
    if name in _TRUTH and isinstance(value, str):
        return value.lower() == "true"
    if name == "StartingPositionTimestamp" and isinstance(value, str):
        return _moment(value)
    return value


def _moment(text: str) -> float:
    try:
        return epoch_of(text)
    except ValueError:
        raise parameter(f"StartingPositionTimestamp {text} is no time.") from None


def provision(call: Call, who: Named, properties: Mapping[str, Any]) -> None:
    """Bring a version's or alias's provisioned concurrency in line with its properties."""
    config = typed(properties.get("ProvisionedConcurrencyConfig"))
    if config:
        provisioned.put(call, who, config["ProvisionedConcurrentExecutions"])
    else:
        provisioned.remove(call, who)
