"""TestInvokeMethod: a method runs as it is now, without a deployment, authorization or keys.

https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-test-method.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eventmill.edge.apis.rest.answers import Answer
from eventmill.edge.apis.rest.compiling import load_current
from eventmill.edge.apis.rest.failures import Failed, rendered
from eventmill.edge.apis.rest.front import RestFront
from eventmill.edge.apis.rest.model import match
from eventmill.edge.apis.rest.request import Request
from eventmill.edge.apis.rest.validation import validate
from eventmill.kernel.clock import Clock, clf_time
from eventmill.kernel.errors import NotFound
from eventmill.kernel.http import grouped
from eventmill.services.apigateway import parts
from eventmill.store.database import Database

_STAGE = "test-invoke-stage"


class Trial:
    """See kernel.ports.MethodTester. `front` is set when the APIs are served."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self.front: RestFront | None = None

    async def test(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Raises NotFound for a method that has no integration yet."""
        assert self.front is not None
        api, verb = request["restApiId"], request["httpMethod"]
        variables = request.get("stageVariables") or {}
        stage = self._database.read(lambda tx: load_current(tx, api, _STAGE, variables))
        resource = self._database.read(
            lambda tx: parts.get(tx, api, "resource", request["resourceId"])
        )
        path, _, query = (request.get("pathWithQueryString") or resource["path"]).partition("?")
        sent = _headers(request)
        lower = {name.lower(): value for name, value in sent}
        made = self.front.made(stage, verb, path or "/", query, sent, lower)
        made.body = (request.get("body") or "").encode()
        found = match(stage.root, made.path)
        if found is not None:
            made.method = found[0].methods.get(verb) or found[0].methods.get("ANY")
            made.labels = found[1]
        if made.method is None:
            raise NotFound("NotFoundException", "Invalid Method identifier specified")
        begun = self._clock.real()
        try:
            validate(made, made.method)
            answer = await self.front.integrated(made)
        except Failed as failed:
            made.failure = failed
            answer = Answer(*rendered(made, failed))
        milliseconds = int((self._clock.real() - begun) * 1000)
        return _result(made, answer, milliseconds)


def _headers(request: Mapping[str, Any]) -> list[tuple[str, str]]:
    several = request.get("multiValueHeaders") or {}
    headers = [(name, value) for name, values in several.items() for value in values]
    return headers + list((request.get("headers") or {}).items())


def _result(request: Request, answer: Answer, milliseconds: int) -> dict[str, Any]:
    headers = [*answer.headers, ("X-Amzn-Trace-Id", request.trace)]
    lines = [
        f"Execution log for request {request.request_id}",
        f"HTTP Method: {request.verb}, Resource Path: {request.path}",
        f"Method request body before transformations: {request.body.decode()}",
        f"Method response body after transformations: {answer.body.decode('utf-8', 'replace')}",
        f"Method completed with status: {answer.status}",
    ]
    if request.failure is not None and request.failure.detail:
        lines.insert(3, f"Execution failed: {request.failure.detail}")
    return {
        "status": answer.status,
        "body": answer.body.decode("utf-8", "replace"),
        "headers": dict(headers),
        "multiValueHeaders": grouped(headers),
        "log": "".join(f"{clf_time(request.now)} : {line}\n" for line in lines),
        "latency": milliseconds,
    }
