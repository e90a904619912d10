"""Buckets and their settings.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from eventmill.kernel.errors import Conflict, Denied, Invalid, NotFound
from eventmill.services import paging
from eventmill.services.contract import Call, Function, Mode, Operations, Result
from eventmill.services.s3 import bodies, faults, trails
from eventmill.store.transaction import Transaction


class _Owned(Operations):
    """Operations that the account must own their bucket for, where the caller asks for that."""

    def _decorate(self, name: str, mode: Mode) -> Callable[[Function], Function]:
        register = super()._decorate(name, mode)

        def owned(function: Function) -> Function:
            def run(call: Call, request: dict[str, Any]) -> Result:
                for member in ("ExpectedBucketOwner", "ExpectedSourceBucketOwner"):
                    if request.get(member) not in (None, call.account):
                        raise Denied("AccessDenied", "Access Denied")
                return function(call, request)

            register(run)
            return function

        return owned


OPERATIONS = _Owned()

_NAME = re.compile(r"(?!xn--|.*-s3alias$)[a-z0-9](?!.*\.\.)[a-z0-9.-]{1,61}[a-z0-9]\Z")
_MOST_LISTED = 10_000
LOCK = "lock"
"""The setting that holds a bucket's object lock configuration."""

_ADDRESS = re.compile(r"\d+\.\d+\.\d+\.\d+\Z")


@dataclass(frozen=True, slots=True)
class Bucket:
    """`versioning` is empty, `Enabled` or `Suspended`; `notifications` is JSON or empty.

    `trailed` is a JSON list of the beginnings of keys whose writes trails log, or empty.
    """

    name: str
    created: float
    versioning: str
    notifications: str
    trailed: str

    @property
    def watched(self) -> bool:
        """Whether anybody may be told of changes."""
        return bool(self.notifications or self.trailed)


def find(tx: Transaction, name: str) -> Bucket:
    """Raises NotFound (NoSuchBucket)."""
    row = tx.one(
        "SELECT name, created, versioning, notifications, trailed FROM s3_buckets WHERE name=?",
        (name,),
    )
    if row is None:
        raise faults.no_such_bucket(name)
    return Bucket(*row)


def exists(tx: Transaction, name: str) -> bool:
    """Whether there is such a bucket."""
    return tx.one("SELECT 1 FROM s3_buckets WHERE name=?", (name,)) is not None


def check_name(name: str) -> None:
    """Raises Invalid (InvalidBucketName)."""
    if not _NAME.match(name) or _ADDRESS.match(name):
        raise Invalid(
            "InvalidBucketName", "The specified bucket is not valid.", fields={"BucketName": name}
        )


def create(call: Call, name: str) -> None:
    """Raises Invalid (InvalidBucketName), Conflict (BucketAlreadyOwnedByYou)."""
    check_name(name)
    if exists(call.tx, name):
        raise Conflict(
            "BucketAlreadyOwnedByYou",
            "Your previous request to create the named bucket succeeded and you already own it.",
            fields={"BucketName": name},
        )
    call.tx.execute(
        "INSERT INTO s3_buckets(name, created, trailed) VALUES(?,?,?)",
        (name, call.now, trails.trailed(call.tx, name)),
    )


def delete(call: Call, name: str) -> None:
    """Raises Conflict (BucketNotEmpty)."""
    find(call.tx, name)
    if call.tx.one("SELECT 1 FROM s3_objects WHERE bucket=? LIMIT 1", (name,)) is not None:
        raise faults.bucket_not_empty(name)
    _drop_uploads(call, name)
    call.tx.execute("DELETE FROM s3_settings WHERE bucket=?", (name,))
    call.tx.execute("DELETE FROM s3_buckets WHERE name=?", (name,))


def _drop_uploads(call: Call, name: str) -> None:
    """Uploads under way do not keep a bucket; a later one of its name must not have them."""
    uploads = "(SELECT id FROM s3_uploads WHERE bucket=?)"
    for (blob,) in call.tx.all(
        f"DELETE FROM s3_parts WHERE upload IN {uploads} RETURNING blob", (name,)
    ):
        bodies.drop(call, json.dumps([[blob, 0]]))
    call.tx.execute("DELETE FROM s3_uploads WHERE bucket=?", (name,))


def put_setting(tx: Transaction, bucket: str, kind: str, document: Any) -> None:
    """Record a setting; None takes it away."""
    if document is None:
        tx.execute("DELETE FROM s3_settings WHERE bucket=? AND kind=?", (bucket, kind))
        return
    tx.execute(
        "INSERT OR REPLACE INTO s3_settings VALUES(?,?,?)", (bucket, kind, json.dumps(document))
    )


def setting(tx: Transaction, bucket: str, kind: str) -> Any:
    """The setting, or None."""
    row = tx.one("SELECT document FROM s3_settings WHERE bucket=? AND kind=?", (bucket, kind))
    return None if row is None else json.loads(row[0])


_OLDEST_REGION = "us-east-1"
"""Creating a bucket that one owns succeeds there, as it did before there were other regions."""


@OPERATIONS.write("CreateBucket")
def create_bucket(call: Call, request: dict[str, Any]) -> Result:
    """In the engine's own region, whichever the request names."""
    name, given = request["Bucket"], request.get("CreateBucketConfiguration") or {}
    made = {"Location": f"/{name}", "BucketArn": f"arn:aws:s3:::{name}"}
    if call.region == _OLDEST_REGION and exists(call.tx, name):
        return made
    create(call, name)
    if given.get("Tags"):
        put_setting(call.tx, name, "tagging", {"TagSet": given["Tags"]})
    if request.get("ObjectOwnership"):
        rules = [{"ObjectOwnership": request["ObjectOwnership"]}]
        put_setting(call.tx, name, "ownership", {"Rules": rules})
    if request.get("ObjectLockEnabledForBucket"):
        set_versioning(call.tx, name, "Enabled")
        put_setting(call.tx, name, LOCK, {"ObjectLockEnabled": "Enabled"})
    return made


@OPERATIONS.write("DeleteBucket")
def delete_bucket(call: Call, request: dict[str, Any]) -> Result:
    """Only an empty bucket is deleted."""
    delete(call, request["Bucket"])
    return {"__status__": 204}


@OPERATIONS.read("HeadBucket")
def head_bucket(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound."""
    find(call.tx, request["Bucket"])
    return {"BucketRegion": call.region}


@OPERATIONS.scan("ListBuckets")
def list_buckets(call: Call, request: dict[str, Any]) -> Result:
    """By name; the token is the last one."""
    prefix, most = request.get("Prefix") or "", request.get("MaxBuckets")
    limit = _MOST_LISTED if most is None else most
    if not 1 <= limit <= _MOST_LISTED:
        raise faults.argument(
            f"Argument max-buckets must be an integer between 1 and {_MOST_LISTED}",
            "max-buckets",
            limit,
        )
    rows = call.tx.all("SELECT name, created FROM s3_buckets ORDER BY name")
    here = request.get("BucketRegion") in (None, call.region)
    named = [
        (name, {"Name": name, "CreationDate": created, "BucketRegion": call.region})
        for name, created in rows
        if here and name.startswith(prefix)
    ]
    found, token = paging.keyed(named, request.get("ContinuationToken"), limit)
    answer: dict[str, Any] = {"Buckets": found, "Owner": {"ID": call.account}}
    if request.get("Prefix"):
        answer["Prefix"] = prefix
    return answer | ({"ContinuationToken": token} if token is not None else {})


@OPERATIONS.read("GetBucketLocation")
def get_bucket_location(call: Call, request: dict[str, Any]) -> Result:
    """Empty for us-east-1, as on AWS."""
    find(call.tx, request["Bucket"])
    return {"LocationConstraint": "" if call.region == "us-east-1" else call.region}


@OPERATIONS.write("PutBucketVersioning")
def put_bucket_versioning(call: Call, request: dict[str, Any]) -> Result:
    """Enabled or Suspended; MFA delete is refused."""
    wanted = request["VersioningConfiguration"]
    if wanted.get("MFADelete") == "Enabled":
        raise Invalid("NotImplemented", "MFA delete is not offered.", status=501)
    set_versioning(call.tx, request["Bucket"], wanted.get("Status") or "")
    return {}


def set_versioning(tx: Transaction, bucket: str, status: str) -> None:
    """Raises NotFound, Invalid, Conflict (InvalidBucketState): locks need versions."""
    find(tx, bucket)
    check_versioning(status)
    if status != "Enabled" and setting(tx, bucket, LOCK) is not None:
        raise Conflict(
            "InvalidBucketState",
            "An Object Lock configuration is present on this bucket, so the versioning state "
            "cannot be changed.",
        )
    tx.execute("UPDATE s3_buckets SET versioning=? WHERE name=?", (status, bucket))


def check_versioning(status: str) -> None:
    """Raises Invalid for what is neither Enabled nor Suspended."""
    if not status:
        raise Invalid(
            "IllegalVersioningConfigurationException", "The Versioning element must be specified"
        )
    if status not in ("Enabled", "Suspended"):
        raise faults.malformed()


@OPERATIONS.read("GetBucketVersioning")
def get_bucket_versioning(call: Call, request: dict[str, Any]) -> Result:
    """Empty for a bucket that never had it."""
    status = find(call.tx, request["Bucket"]).versioning
    return {"Status": status} if status else {}


_SETTINGS = {
    # kind: (operation, member of the request, member of the answer, code when there is none)
    "cors": ("BucketCors", "CORSConfiguration", None, "NoSuchCORSConfiguration"),
    "policy": ("BucketPolicy", "Policy", "Policy", "NoSuchBucketPolicy"),
    "encryption": (
        "BucketEncryption",
        "ServerSideEncryptionConfiguration",
        "ServerSideEncryptionConfiguration",
        "ServerSideEncryptionConfigurationNotFoundError",
    ),
    "access": (
        "PublicAccessBlock",
        "PublicAccessBlockConfiguration",
        "PublicAccessBlockConfiguration",
        "NoSuchPublicAccessBlockConfiguration",
    ),
    "ownership": (
        "BucketOwnershipControls",
        "OwnershipControls",
        "OwnershipControls",
        "OwnershipControlsNotFoundError",
    ),
    "tagging": ("BucketTagging", "Tagging", None, "NoSuchTagSet"),
    "website": (
        "BucketWebsite",
        "WebsiteConfiguration",
        None,
        "NoSuchWebsiteConfiguration",
    ),
    "replication": (
        "BucketReplication",
        "ReplicationConfiguration",
        "ReplicationConfiguration",
        "ReplicationConfigurationNotFoundError",
    ),
}


def _register(kind: str) -> None:
    operation, given, answered, missing = _SETTINGS[kind]

    @OPERATIONS.write(f"Put{operation}")
    def put(call: Call, request: dict[str, Any]) -> Result:
        find(call.tx, request["Bucket"])
        put_setting(call.tx, request["Bucket"], kind, request[given])
        return {}

    @OPERATIONS.read(f"Get{operation}")
    def get(call: Call, request: dict[str, Any]) -> Result:
        find(call.tx, request["Bucket"])
        document = setting(call.tx, request["Bucket"], kind)
        if document is None:
            raise NotFound(
                missing, f"The bucket has no {given}.", fields={"BucketName": request["Bucket"]}
            )
        return {answered: document} if answered else dict(document)

    @OPERATIONS.write(f"Delete{operation}")
    def drop(call: Call, request: dict[str, Any]) -> Result:
        find(call.tx, request["Bucket"])
        put_setting(call.tx, request["Bucket"], kind, None)
        return {"__status__": 204}


for _kind in _SETTINGS:
    _register(_kind)
