"""Logs of stages: a line for each request where a stage wants it, and why a request failed.

https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html
"""

from __future__ import annotations

import re

from eventmill.edge.apis.access_log import rendered
from eventmill.edge.apis.context import value_at
from eventmill.edge.apis.rest.answers import Answer
from eventmill.edge.apis.rest.failures import Failed, variables
from eventmill.edge.apis.rest.request import Request
from eventmill.kernel.ports import LogSink

_GROUP = re.compile(r"arn:aws[\w-]*:logs:[^:]*:[^:]*:log-group:([^:*]+)")


def group_of(arn: str) -> str | None:
    """The log group that an access log goes to; None for a destination of another kind."""
    found = _GROUP.match(arn)
    return None if found is None else found.group(1)


def write_access_log(sink: LogSink, request: Request, answer: Answer, now: float) -> None:
    """Write the stage's line for a request, if it has a format. What is not known is `-`."""
    log = request.stage.access_log
    if log is None:
        return
    context = request.context() if request.failure is None else variables(request, request.failure)
    known = request.called.variables() | {
        "status": answer.status,
        "responseLength": len(answer.body),
        "responseLatency": int((now - request.now) * 1000),
        "xrayTraceId": request.trace,
    }

    def value(name: str) -> str | None:
        held = known[name] if name in known else value_at(context, name)
        return None if held is None else str(held)

    group, template = log
    line = rendered(template, value)
    sink.put(group, request.stage.deployment, [(int(now * 1000), line)])


def write_reason(sink: LogSink, request: Request, failed: Failed, now: float) -> None:
    """Write what the client is not told into the stage's execution log, at every log level.

    Who sees `Internal server error` on a machine of their own wants to know it.
    """
    if not failed.detail:
        return
    stage = request.stage
    line = f"({request.request_id}) Execution failed: {failed.detail}"
    group = f"API-Gateway-Execution-Logs_{stage.api_id}/{stage.name}"
    sink.put(group, stage.deployment, [(int(now * 1000), line)])
