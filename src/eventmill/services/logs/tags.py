"""Tags of log groups, which mean nothing on one machine and are kept.

The older operations name the group, the newer ones its ARN.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from eventmill.services.contract import Call, Result
from eventmill.services.logs.groups import OPERATIONS, group_arn, put_tags, require_group


def _group(call: Call, request: Mapping[str, Any]) -> str:
    require_group(call, request["logGroupName"])
    return group_arn(call, request["logGroupName"])


def _of(call: Call, arn: str) -> dict[str, str]:
    return dict(call.tx.all("SELECT key, value FROM logs_tags WHERE arn=? ORDER BY key", (arn,)))


def _drop(call: Call, arn: str, names: Iterable[str]) -> None:
    call.tx.executemany(
        "DELETE FROM logs_tags WHERE arn=? AND key=?", [(arn, name) for name in names]
    )


def _arn(request: Mapping[str, Any]) -> str:
    arn: str = request["resourceArn"]
    return arn.removesuffix(":*")


@OPERATIONS.write("TagLogGroup")
def tag_log_group(call: Call, request: dict[str, Any]) -> Result:
    """Adds or replaces tags."""
    put_tags(call.tx, _group(call, request), request["tags"])
    return {}


@OPERATIONS.write("UntagLogGroup")
def untag_log_group(call: Call, request: dict[str, Any]) -> Result:
    """Keys that are not there are no error."""
    _drop(call, _group(call, request), request["tags"])
    return {}


@OPERATIONS.read("ListTagsLogGroup")
def list_tags_log_group(call: Call, request: dict[str, Any]) -> Result:
    """All tags."""
    return {"tags": _of(call, _group(call, request))}


@OPERATIONS.write("TagResource")
def tag_resource(call: Call, request: dict[str, Any]) -> Result:
    """Adds or replaces tags."""
    put_tags(call.tx, _arn(request), request["tags"])
    return {}


@OPERATIONS.write("UntagResource")
def untag_resource(call: Call, request: dict[str, Any]) -> Result:
    """Keys that are not there are no error."""
    _drop(call, _arn(request), request["tagKeys"])
    return {}


@OPERATIONS.read("ListTagsForResource")
def list_tags_for_resource(call: Call, request: dict[str, Any]) -> Result:
    """All tags."""
    return {"tags": _of(call, _arn(request))}
