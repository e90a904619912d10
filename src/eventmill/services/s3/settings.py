"""Settings of buckets and objects that are kept and returned, and mean nothing on one machine.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
"""

from __future__ import annotations

import json
from typing import Any

from eventmill.kernel.errors import NotFound
from eventmill.services.contract import Call, Result
from eventmill.services.s3 import buckets, changes, objects
from eventmill.services.s3.buckets import OPERATIONS

_ALL_USERS = "FULL_CONTROL"


def _owner(call: Call) -> dict[str, Any]:
    return {"ID": call.account}


def _acl(call: Call) -> dict[str, Any]:
    owner = _owner(call)
    grantee = {"Type": "CanonicalUser", **owner}
    return {"Owner": owner, "Grants": [{"Grantee": grantee, "Permission": _ALL_USERS}]}


@OPERATIONS.write("PutBucketAcl")
def put_bucket_acl(call: Call, request: dict[str, Any]) -> Result:
    """Kept; who has the engine's key may do everything."""
    buckets.find(call.tx, request["Bucket"])
    buckets.put_setting(call.tx, request["Bucket"], "acl", request.get("AccessControlPolicy"))
    return {}


@OPERATIONS.read("GetBucketAcl")
def get_bucket_acl(call: Call, request: dict[str, Any]) -> Result:
    """What was put, or that the owner may do everything."""
    buckets.find(call.tx, request["Bucket"])
    return buckets.setting(call.tx, request["Bucket"], "acl") or _acl(call)


@OPERATIONS.write("PutObjectAcl")
def put_object_acl(call: Call, request: dict[str, Any]) -> Result:
    """Kept with the object; its event is raised."""
    bucket = buckets.find(call.tx, request["Bucket"])
    item = objects.find(call.tx, bucket.name, request["Key"], request.get("VersionId"))
    headers = json.loads(item.headers) | {"Acl": request.get("AccessControlPolicy")}
    call.tx.execute("UPDATE s3_objects SET headers=? WHERE seq=?", (json.dumps(headers), item.seq))
    if bucket.watched:
        changes.permitted(call, bucket, item.key, item.version, item.etag)
    return {}


@OPERATIONS.read("GetObjectAcl")
def get_object_acl(call: Call, request: dict[str, Any]) -> Result:
    """What was put, or that the owner may do everything."""
    item = objects.find(call.tx, request["Bucket"], request["Key"], request.get("VersionId"))
    return json.loads(item.headers).get("Acl") or _acl(call)


_WITH_DEFAULT: dict[str, tuple[str, str, dict[str, Any]]] = {
    # operation: (kind, member of the request, the answer where nothing was put)
    "BucketLogging": ("logging", "BucketLoggingStatus", {}),
    "BucketAccelerateConfiguration": ("accelerate", "AccelerateConfiguration", {}),
    "BucketRequestPayment": (
        "payment",
        "RequestPaymentConfiguration",
        {"Payer": "BucketOwner"},
    ),
}


def _register(operation: str) -> None:
    kind, member, default = _WITH_DEFAULT[operation]

    @OPERATIONS.write(f"Put{operation}")
    def put(call: Call, request: dict[str, Any]) -> Result:
        buckets.find(call.tx, request["Bucket"])
        buckets.put_setting(call.tx, request["Bucket"], kind, request[member])
        return {}

    @OPERATIONS.read(f"Get{operation}")
    def get(call: Call, request: dict[str, Any]) -> Result:
        buckets.find(call.tx, request["Bucket"])
        return dict(buckets.setting(call.tx, request["Bucket"], kind) or default)


for _operation in _WITH_DEFAULT:
    _register(_operation)


@OPERATIONS.read("GetBucketPolicyStatus")
def get_bucket_policy_status(call: Call, request: dict[str, Any]) -> Result:
    """Nothing here is public. Raises NotFound (NoSuchBucketPolicy)."""
    buckets.find(call.tx, request["Bucket"])
    if buckets.setting(call.tx, request["Bucket"], "policy") is None:
        raise NotFound("NoSuchBucketPolicy", "The bucket policy does not exist")
    return {"PolicyStatus": {"IsPublic": False}}
