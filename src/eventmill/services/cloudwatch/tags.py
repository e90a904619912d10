"""Tags of alarms: they mean nothing on one machine, and are kept and given back.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_TagResource.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eventmill.services.cloudwatch import alarms, faults
from eventmill.services.cloudwatch.alarms import TAGS
from eventmill.services.cloudwatch.metrics import OPERATIONS
from eventmill.services.contract import Call, Result
from eventmill.services.tags import tag_list, tag_map


def _alarm(call: Call, request: Mapping[str, Any]) -> str:
    """The name of the alarm that an ARN names. Raises NotFound."""
    arn = request["ResourceARN"]
    name = arn.partition(":alarm:")[2]
    if not name or alarms.find(call.tx, name) is None or arn != alarms.arn(call, name):
        raise faults.missing(f"{arn} does not exist")
    return str(name)


@OPERATIONS.write("TagResource")
def tag_resource(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound."""
    TAGS.put(call.tx, _alarm(call, request), tag_map(request["Tags"]))
    return {}


@OPERATIONS.write("UntagResource")
def untag_resource(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound."""
    TAGS.remove(call.tx, _alarm(call, request), request["TagKeys"])
    return {}


@OPERATIONS.read("ListTagsForResource")
def list_tags_for_resource(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound."""
    return {"Tags": tag_list(TAGS.of(call.tx, _alarm(call, request)))}
