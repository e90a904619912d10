"""What resources of a template are to each other, judged where its text tells.

The services judge the same when the resources are made, which is too late to have made none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from eventmill.kernel.errors import UsageError
from eventmill.services.contract import truth
from eventmill.template import Declared, Resolver, Template

_QUEUE, _TABLE, _STREAM = "AWS::SQS::Queue", "AWS::DynamoDB::Table", "AWS::Kinesis::Stream"
_ARN = {_QUEUE: ("URL", "Arn"), _TABLE: ("name", "StreamArn"), _STREAM: ("name", "Arn")}
"""What a Ref of a type gives, and the attribute that is wanted in its place."""
_FUNCTION = "AWS::Lambda::Function"
_VISIBILITY, _TIMEOUT = 30, 3
"""Defaults, seconds."""

Look = Callable[[Mapping[str, Any], str], Any]
"""A property's value where it is plain now; None for one that is not set.
Raises UsageError for one that only the deployment knows."""


def misfits(template: Template, declared: Declared, resolver: Resolver) -> Iterator[str]:
    """Why a resource cannot go with the one that it names."""
    judge = _JUDGES.get(declared.type)
    if judge is None or declared.condition is not None:
        return

    def look(properties: Mapping[str, Any], name: str) -> Any:
        return resolver.value(properties.get(name))

    try:
        yield from judge(template, declared.properties, look)
    except (UsageError, TypeError, ValueError, AttributeError):
        return  # A value that is not known yet, or one that its own service judges.


def _queue(template: Template, properties: Mapping[str, Any], look: Look) -> Iterator[str]:
    redrive = properties.get("RedrivePolicy")
    place = redrive.get("deadLetterTargetArn") if isinstance(redrive, dict) else None
    yield from _no_arn(template, "RedrivePolicy.deadLetterTargetArn", place)
    target = _named(template, place)
    if target is None or target.type != _QUEUE:
        return
    own, other = (truth(look(one, "FifoQueue")) for one in (properties, target.properties))
    if own != other:
        kinds = ("FIFO", "standard") if own else ("standard", "FIFO")
        yield (
            f"RedrivePolicy: the dead-letter queue of a {kinds[0]} queue must be a {kinds[0]} "
            f"queue too; {target.logical_id} is a {kinds[1]} queue"
        )


def _mapping(template: Template, properties: Mapping[str, Any], look: Look) -> Iterator[str]:
    place = properties.get("EventSourceArn")
    yield from _no_arn(template, "EventSourceArn", place)
    source = _named(template, place)
    if source is None:
        return
    if source.type in (_TABLE, _STREAM):
        if "StartingPosition" not in properties:
            yield f"{source.logical_id} is a stream: give StartingPosition, such as LATEST"
        return
    if source.type != _QUEUE:
        return
    size = int(look(properties, "BatchSize") or 0)
    window = int(look(properties, "MaximumBatchingWindowInSeconds") or 0)
    fifo = truth(look(source.properties, "FifoQueue"))
    if size > 10 and fifo:
        yield "BatchSize: a FIFO queue gives at most 10 messages at once"
    elif size > 10 and window < 1:
        yield "BatchSize above 10 needs MaximumBatchingWindowInSeconds of at least 1"
    function = _named(template, properties.get("FunctionName"))
    if function is None or function.type != _FUNCTION:
        return
    visible = look(source.properties, "VisibilityTimeout")
    visible = _VISIBILITY if visible is None else int(visible)
    timeout = int(look(function.properties, "Timeout") or _TIMEOUT)
    if visible < timeout:
        yield (
            f"VisibilityTimeout of {source.logical_id} ({visible} seconds) is less than Timeout "
            f"of {function.logical_id} ({timeout} seconds): raise the one or lower the other"
        )


def _no_arn(template: Template, name: str, node: Any) -> Iterator[str]:
    found = node.get("Ref") if isinstance(node, dict) and len(node) == 1 else None
    declared = template.resources.get(found) if isinstance(found, str) else None
    if declared is not None and declared.type in _ARN:
        given, wanted = _ARN[declared.type]
        yield f"{name}: !Ref {found} gives a {given}, no ARN; write !GetAtt {found}.{wanted}"


def _named(template: Template, node: Any) -> Declared | None:
    """The resource that a Ref or Fn::GetAtt names, if it is made in any case."""
    if not isinstance(node, dict) or len(node) != 1:
        return None
    function, operand = next(iter(node.items()))
    if function == "Fn::GetAtt":
        operand = operand.split(".")[0] if isinstance(operand, str) else operand[0]
    elif function != "Ref":
        return None
    found = template.resources.get(operand) if isinstance(operand, str) else None
    return found if found is not None and found.condition is None else None


_JUDGES = {
    "AWS::Lambda::EventSourceMapping": _mapping,
    _QUEUE: _queue,
}
