"""EC2's own form of the query protocol: every list is flat, and answers have no inner wrapper.

https://smithy.io/2.0/aws/protocols/aws-ec2-query-protocol.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from eventmill.kernel.errors import Invalid
from eventmill.wire.http import HttpResponse
from eventmill.wire.query_codec import Tree
from eventmill.wire.xml_codec import Encoder, from_text


def decode(node: Tree, shape: Any) -> Any:
    """The value of `shape` in `node`. Raises Invalid."""
    kind = shape.type_name
    if kind == "structure":
        return {
            name: decode(node[wire], member)
            for name, member in shape.members.items()
            if (wire := _wire_name(name, member)) in node
        }
    if kind == "list":
        numbers = sorted((key for key in node if key.isdigit()), key=int)
        return [decode(node[number], shape.member) for number in numbers]
    try:
        return from_text(node.get("", ""), kind)
    except ValueError:
        raise Invalid(
            "InvalidParameterValue", f"{node.get('')!r} is not a value of type {kind}."
        ) from None


def _wire_name(name: str, member: Any) -> str:
    named = member.serialization
    if "queryName" in named:
        return str(named["queryName"])
    text = str(named.get("name", name))
    return text[0].upper() + text[1:]


def encoder(
    operation: str, shape: Any, namespace: str
) -> Callable[[dict[str, Any], str], HttpResponse]:
    """Writes the answers of an operation."""
    emit = Encoder().compile(shape) if shape else None

    def encode(result: dict[str, Any], request_id: str) -> HttpResponse:
        out = [
            f'<?xml version="1.0" encoding="UTF-8"?>\n<{operation}Response xmlns="{namespace}/">',
            f"<requestId>{request_id}</requestId>",
        ]
        if emit is not None:
            emit(result, out)
        out.append(f"</{operation}Response>")
        headers = [("x-amzn-RequestId", request_id), ("content-type", "text/xml;charset=UTF-8")]
        return HttpResponse(200, headers, "".join(out).encode())

    return encode
