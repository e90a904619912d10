"""What a request to a stage counts for its metrics.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-metrics-and-dimensions.html
"""

from __future__ import annotations

from eventmill.edge.apis.rest.request import Request
from eventmill.kernel.metrics import Count, milliseconds


def count_of(request: Request, status: int, seconds: float) -> Count:
    """A request that took `seconds` in all."""
    stage, method = request.stage, request.method
    of: tuple[str, ...] = (stage.api_name, stage.name)
    if method is not None and _detailed(request, method.resource_path):
        of = (*of, request.verb, method.resource_path)
    value = (status // 100, milliseconds(seconds), request.called.milliseconds)
    return "rest", *of, value


def _detailed(request: Request, path: str) -> bool:
    """Whether the stage wants metrics by method, or those of this one."""
    settings, place = request.stage.settings, path.replace("/", "~1")
    for key in (f"{place}/{request.verb}", f"{place}/ANY", f"{place}/*", "*/*") if settings else ():
        wanted = (settings.get(key) or {}).get("metricsEnabled")
        if wanted is not None:
            return bool(wanted)
    return False
