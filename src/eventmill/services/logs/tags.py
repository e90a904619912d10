"""Tags of log groups, which mean nothing on one machine and are kept.

The older operations name the group, the newer ones its ARN.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eventmill.services.contract import Call, Result
from eventmill.services.logs.groups import OPERATIONS, TAGS, group_arn, require_group


def _group(call: Call, request: Mapping[str, Any]) -> str:
    require_group(call, request["logGroupName"])
    return group_arn(call, request["logGroupName"])


def _arn(request: Mapping[str, Any]) -> str:
    arn: str = request["resourceArn"]
    return arn.removesuffix(":*")


@OPERATIONS.write("TagLogGroup")
def tag_log_group(call: Call, request: dict[str, Any]) -> Result:
    """Adds or replaces tags."""
    TAGS.put(call.tx, _group(call, request), request["tags"])
    return {}


@OPERATIONS.write("UntagLogGroup")
def untag_log_group(call: Call, request: dict[str, Any]) -> Result:
    """Keys that are not there are no error."""
    TAGS.remove(call.tx, _group(call, request), request["tags"])
    return {}


@OPERATIONS.read("ListTagsLogGroup")
def list_tags_log_group(call: Call, request: dict[str, Any]) -> Result:
    """All tags."""
    return {"tags": TAGS.of(call.tx, _group(call, request))}


@OPERATIONS.write("TagResource")
def tag_resource(call: Call, request: dict[str, Any]) -> Result:
    """Adds or replaces tags."""
    TAGS.put(call.tx, _arn(request), request["tags"])
    return {}


@OPERATIONS.write("UntagResource")
def untag_resource(call: Call, request: dict[str, Any]) -> Result:
    """Keys that are not there are no error."""
    TAGS.remove(call.tx, _arn(request), request["tagKeys"])
    return {}


@OPERATIONS.read("ListTagsForResource")
def list_tags_for_resource(call: Call, request: dict[str, Any]) -> Result:
    """All tags."""
    return {"tags": TAGS.of(call.tx, _arn(request))}
