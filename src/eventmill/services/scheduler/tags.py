"""Tags of schedule groups, which mean nothing on one machine and are kept."""

from __future__ import annotations

from typing import Any

from eventmill.services.contract import Call, Result
from eventmill.services.scheduler.operations import OPERATIONS
from eventmill.services.tags import Tags, tag_list, tag_map

TAGS = Tags("scheduler_tags")


@OPERATIONS.write("TagResource")
def tag_resource(call: Call, request: dict[str, Any]) -> Result:
    """Adds or replaces tags."""
    TAGS.put(call.tx, request["ResourceArn"], tag_map(request["Tags"]))
    return {}


@OPERATIONS.write("UntagResource")
def untag_resource(call: Call, request: dict[str, Any]) -> Result:
    """Keys that are not there are no error."""
    TAGS.remove(call.tx, request["ResourceArn"], request["TagKeys"])
    return {}


@OPERATIONS.read("ListTagsForResource")
def list_tags_for_resource(call: Call, request: dict[str, Any]) -> Result:
    """Ordered by key."""
    return {"Tags": tag_list(TAGS.of(call.tx, request["ResourceArn"]))}
