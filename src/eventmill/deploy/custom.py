"""Custom resources: a function of the application makes, changes and deletes them.

It gets a request with an address to which it puts its answer.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref.html
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from eventmill.kernel.arns import service_of
from eventmill.kernel.errors import Fault, UsageError
from eventmill.kernel.ids import Ids
from eventmill.kernel.ports import ApiCaller
from eventmill.services.cloudformation import CUSTOM
from eventmill.services.contract import Created, Resource

PATH = "/_aws/cloudformation/answer/"
"""Below it lie the addresses for answers."""

_SECONDS = 300.0
"""Real seconds to wait for an answer where ServiceTimeout says nothing (CloudFormation: an hour;
a function that ended without one will hardly answer later)."""


def is_custom(kind: str) -> bool:
    """Whether a type is made by a function."""
    return kind == CUSTOM or kind.startswith("Custom::")


class Answers:
    """The answers that are waited for, by the last part of their address."""

    def __init__(self, ids: Ids) -> None:
        self._ids = ids
        self._waiting: dict[str, asyncio.Future[dict[str, Any]]] = {}

    def expect(self) -> tuple[str, asyncio.Future[dict[str, Any]]]:
        """(token, the answer to come)."""
        token = self._ids.token(40)
        future: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting[token] = future
        return token, future

    def forget(self, token: str) -> None:
        """Nobody waits any more."""
        self._waiting.pop(token, None)

    def take(self, token: str, body: bytes) -> bool:
        """An answer came; False when nobody waits for it, or it is no JSON object."""
        future = self._waiting.get(token)
        try:
            answer = orjson.loads(body)
        except orjson.JSONDecodeError:
            return False
        if future is None or future.done() or not isinstance(answer, dict):
            return False
        future.set_result(answer)
        return True


@dataclass(frozen=True, slots=True)
class CustomResources:
    """Asks functions (and topics) for custom resources."""

    api: ApiCaller
    answers: Answers
    address: Callable[[], str]
    ids: Ids

    async def ask(
        self, request: str, kind: str, resource: Resource, old: Mapping[str, Any] | None
    ) -> Created:
        """`request` is Create, Update or Delete. Raises UsageError with the function's reason."""
        token, answer = self.answers.expect()
        event = {
            "RequestType": request,
            "ServiceToken": resource.properties["ServiceToken"],
            "ResponseURL": f"{self.address()}{PATH}{token}",
            "StackId": resource.stack_id,
            "RequestId": self.ids.uuid(),
            "LogicalResourceId": resource.logical_id,
            "ResourceType": kind,
            "ResourceProperties": _texts(resource.properties),
        }
        if resource.physical_id is not None:
            event["PhysicalResourceId"] = resource.physical_id
        if old is not None:
            event["OldResourceProperties"] = _texts(old)
        seconds = float(resource.properties.get("ServiceTimeout") or _SECONDS)
        try:
            failure = await self._send(str(resource.properties["ServiceToken"]), event)
            # What a function does after its answer is its own affair.
            if failure and not answer.done():
                raise UsageError(failure)
            said = await asyncio.wait_for(answer, seconds)
        except TimeoutError:
            raise UsageError(f"no answer was put to the ResponseURL within {seconds:g} s") from None
        finally:
            self.answers.forget(token)
        if said.get("Status") != "SUCCESS":
            raise UsageError(f"its function says: {said.get('Reason') or 'FAILED'}")
        physical = said.get("PhysicalResourceId") or resource.physical_id or event["RequestId"]
        return Created(str(physical), dict(said.get("Data") or {}))

    async def _send(self, target: str, event: Mapping[str, Any]) -> str:
        """How the function failed, empty when it did not. Raises UsageError: it was not asked."""
        body = orjson.dumps(event)
        try:
            if service_of(target) == "sns":
                message = {"TopicArn": target, "Message": body.decode()}
                await self.api.call("sns", "Publish", message)
                return ""
            # Asked synchronously, so that a function that fails is known to have failed.
            invoke = {"FunctionName": target, "Payload": body}
            outcome = await self.api.call("lambda", "Invoke", invoke)
        except Fault as fault:
            raise UsageError(str(fault)) from fault
        if not outcome.get("FunctionError"):
            return ""
        payload = outcome["Payload"]
        said = payload if isinstance(payload, bytes | str) else orjson.dumps(payload)
        return f"its function failed: {orjson.loads(said).get('errorMessage')}"


def _texts(value: Any) -> Any:
    """Scalars as texts, which is how CloudFormation passes them on."""
    if isinstance(value, Mapping):
        return {name: _texts(held) for name, held in value.items()}
    if isinstance(value, list):
        return [_texts(entry) for entry in value]
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)
