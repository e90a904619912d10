"""The API's operations on tags and resource policies."""

from __future__ import annotations

import json
from typing import Any

from eventmill.services.contract import Call, Result
from eventmill.services.kinesis import consumers, streams, tags
from eventmill.services.kinesis.faults import argument, missing
from eventmill.services.kinesis.stream_operations import OPERATIONS
from eventmill.services.tags import tag_list


@OPERATIONS.write("AddTagsToStream")
def add_tags_to_stream(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid beyond 50."""
    tags.put(call.tx, streams.named(call, request).arn, request["Tags"])
    return {}


@OPERATIONS.write("RemoveTagsFromStream")
def remove_tags_from_stream(call: Call, request: dict[str, Any]) -> Result:
    """Those there are."""
    tags.TAGS.remove(call.tx, streams.named(call, request).arn, request["TagKeys"])
    return {}


@OPERATIONS.read("ListTagsForStream")
def list_tags_for_stream(call: Call, request: dict[str, Any]) -> Result:
    """By key."""
    known = tags.TAGS.of(call.tx, streams.named(call, request).arn)
    after, most = request.get("ExclusiveStartTagKey") or "", request.get("Limit") or tags.MOST
    found = [{"Key": key, "Value": value} for key, value in known.items() if key > after]
    return {"Tags": found[:most], "HasMoreTags": len(found) > most}


def _taggable(call: Call, arn: str) -> str:
    """The ARN, when it names a stream or a consumer. Raises Invalid."""
    if "/consumer/" in arn:
        return consumers.named(call, {"ConsumerARN": arn}).arn
    return streams.require(call.tx, arn).arn


@OPERATIONS.write("TagResource")
def tag_resource(call: Call, request: dict[str, Any]) -> Result:
    """Of streams and consumers."""
    tags.put(call.tx, _taggable(call, request["ResourceARN"]), request["Tags"])
    return {}


@OPERATIONS.write("UntagResource")
def untag_resource(call: Call, request: dict[str, Any]) -> Result:
    """Those there are."""
    tags.TAGS.remove(call.tx, _taggable(call, request["ResourceARN"]), request["TagKeys"])
    return {}


@OPERATIONS.read("ListTagsForResource")
def list_tags_for_resource(call: Call, request: dict[str, Any]) -> Result:
    """By key."""
    known = tags.TAGS.of(call.tx, _taggable(call, request["ResourceARN"]))
    return {"Tags": tag_list(known)}


@OPERATIONS.write("PutResourcePolicy")
def put_resource_policy(call: Call, request: dict[str, Any]) -> Result:
    """Recorded, like the policies of queues."""
    arn = _taggable(call, request["ResourceARN"])
    try:
        json.loads(request["Policy"])
    except ValueError:
        raise argument("The resource policy is not valid JSON.") from None
    tags.set_policy(call.tx, arn, request["Policy"])
    return {}


@OPERATIONS.read("GetResourcePolicy")
def get_resource_policy(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid (ResourceNotFoundException) where there is none."""
    policy = tags.policy(call.tx, _taggable(call, request["ResourceARN"]))
    if not policy:
        raise missing(f"No resource policy found for {request['ResourceARN']}.")
    return {"Policy": policy}


@OPERATIONS.write("DeleteResourcePolicy")
def delete_resource_policy(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid (ResourceNotFoundException) where there is none."""
    get_resource_policy(call, request)
    tags.set_policy(call.tx, request["ResourceARN"], None)
    return {}
