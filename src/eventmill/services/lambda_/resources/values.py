"""Property values as templates write them, in the types that the API takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from eventmill.kernel.clock import epoch_of
from eventmill.services import contract
from eventmill.services.contract import Call, truth
from eventmill.services.lambda_ import provisioned
from eventmill.services.lambda_.names import Named

_KINDS: dict[str, Callable[[str], Any]] = {
    **dict.fromkeys(
        (
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
        ),
        int,
    ),
    **dict.fromkeys(
        ("AllowCredentials", "BisectBatchOnFunctionError", "Enabled", "InvokedViaFunctionUrl"),
        truth,
    ),
    "StartingPositionTimestamp": epoch_of,
}


def typed(value: Any) -> Any:
    """`value` with the numbers, truth values and times that the template wrote as text typed."""
    return contract.typed(value, _KINDS)


def provision(call: Call, who: Named, properties: Mapping[str, Any]) -> None:
    """Bring a version's or alias's provisioned concurrency in line with its properties."""
    config = typed(properties.get("ProvisionedConcurrencyConfig"))
    if config:
        provisioned.put(call, who, config["ProvisionedConcurrentExecutions"])
    else:
        provisioned.remove(call, who)
