"""Which resource type a name stands for, and why it stands for none."""

from __future__ import annotations

from collections.abc import Mapping

from eventmill.deploy.custom import is_custom
from eventmill.kernel.similar import meant
from eventmill.services.cloudformation import ABSENT, CUSTOM, aws_types, unlisted
from eventmill.services.contract import ResourceType

_SAM = {
    f"AWS::Serverless::{name}"
    for name in (
        "Api",
        "Application",
        "CapacityProvider",
        "Connector",
        "Function",
        "GraphQLApi",
        "HttpApi",
        "LayerVersion",
        "MicrovmImage",
        "NetworkConnector",
        "SimpleTable",
        "StateMachine",
        "WebFunction",
        "WebSocketApi",
    )
}


def type_of(types: Mapping[str, ResourceType], kind: str) -> ResourceType | None:
    """The type of that name; every `Custom::` one is the same.

    One that `types` lacks is a record where AWS has it and nothing of its service works here. Of
    a service that does, None: an application would miss what the type does.
    """
    found = types.get(CUSTOM if is_custom(kind) else kind)
    if found is not None or kind not in aws_types() or _service(kind) in _services(types):
        return found
    return unlisted(kind)


def refusal(kind: str) -> str:
    """Why `type_of` gives None for it."""
    if kind in aws_types():
        return "this resource type is not offered"
    if kind in _SAM:
        return "is a type of SAM: add `Transform: AWS::Serverless-2016-10-31` to the template"
    if not kind.startswith("AWS::"):
        return "only types of AWS and custom resources (`Custom::…`) can be made here"
    return "AWS has no such type" + meant(kind, [*aws_types(), *_SAM])


def _service(kind: str) -> str:
    return kind.split("::")[1]


def _services(types: Mapping[str, ResourceType]) -> set[str]:
    """Those that are here."""
    return {_service(name) for name in types if name not in ABSENT}
