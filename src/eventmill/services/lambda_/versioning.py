"""The API's operations on versions and on tags."""

from __future__ import annotations

import json
from typing import Any

from eventmill.services import paging
from eventmill.services.contract import Call, Result
from eventmill.services.lambda_.faults import parameter
from eventmill.services.lambda_.functions import existing
from eventmill.services.lambda_.names import Named, unqualified
from eventmill.services.lambda_.operations import OPERATIONS, named
from eventmill.services.lambda_.tags import TAGS
from eventmill.services.lambda_.versions import publish


@OPERATIONS.write("PublishVersion")
def publish_version(call: Call, request: dict[str, Any]) -> Result:
    """An immutable copy of $LATEST."""
    return publish(call, named(request).name, request.get("Description"), request.get("CodeSha256"))


@OPERATIONS.scan("ListVersionsByFunction")
def list_versions_by_function(call: Call, request: dict[str, Any]) -> Result:
    """$LATEST first, then by number."""
    who = named(request)
    existing(call, Named(who.name, ""))
    limit = min(request.get("MaxItems") or 50, 50)
    order = "CASE version WHEN '$LATEST' THEN 0 ELSE CAST(version AS INTEGER) END"
    marker = request.get("Marker")
    # $LATEST stands at 0, so the first page begins before it.
    after = paging.place(marker, parameter("Invalid Marker")) if marker else -1
    rows = call.tx.all(
        f"SELECT config, {order} FROM lambda_functions WHERE name=? AND {order}>?"
        f" ORDER BY {order} LIMIT ?",
        (who.name, after, limit + 1),
    )
    answer: dict[str, Any] = {"Versions": [json.loads(row[0]) for row in rows[:limit]]}
    if len(rows) > limit:
        answer["NextMarker"] = str(rows[limit - 1][1])
    return answer


@OPERATIONS.write("TagResource")
def tag_resource(call: Call, request: dict[str, Any]) -> Result:
    """Add tags to a function or a mapping."""
    TAGS.put(call.tx, unqualified(request["Resource"]), request["Tags"])
    return {}


@OPERATIONS.write("UntagResource")
def untag_resource(call: Call, request: dict[str, Any]) -> Result:
    """Take tags away."""
    TAGS.remove(call.tx, unqualified(request["Resource"]), request["TagKeys"])
    return {}


@OPERATIONS.read("ListTags")
def list_tags(call: Call, request: dict[str, Any]) -> Result:
    """The tags of a function or a mapping."""
    return {"Tags": TAGS.of(call.tx, unqualified(request["Resource"]))}
