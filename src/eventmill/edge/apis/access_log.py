"""Access logs of APIs: a line in the stage's format for each request.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging.html
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from eventmill.edge.apis.model import Stage
from eventmill.edge.apis.parameters import text
from eventmill.kernel.ports import LogSink

_VARIABLE = re.compile(r"\$context\.([\w.\-]+)|\$\{context\.([\w.\-]+)\}")


def rendered(template: str, lookup: Callable[[str], str | None]) -> str:
    """The line of a format; `lookup` has the variables below `$context`, None is shown as `-`."""

    def value(found: re.Match[str]) -> str:
        held = lookup(found.group(1) or found.group(2))
        return "-" if held is None else held

    return _VARIABLE.sub(value, template)


def write(sink: LogSink, stage: Stage, lookup: Callable[[str], Any], now: float) -> None:
    """Write the stage's line, if it has a format."""
    if not stage.log_group or not stage.log_format:
        return

    def value(name: str) -> str | None:
        held = lookup(name)
        return None if held is None else text(held)

    line = rendered(stage.log_format, value)
    sink.put(stage.log_group, f"{stage.api}/{stage.name}", [(int(now * 1000), line)])
