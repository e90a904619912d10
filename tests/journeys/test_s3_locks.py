"""Object lock: who may delete which version, and when."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

from eventmill.testing import TestEngine, engine

DAY = 86_400


@pytest.fixture
def mill() -> Iterator[TestEngine]:
    with engine() as running:
        running.client("s3").create_bucket(Bucket="locked", ObjectLockEnabledForBucket=True)
        yield running


@pytest.fixture
def s3(mill: TestEngine) -> Any:
    return mill.client("s3")


def in_days(days: int) -> datetime:
    return datetime.now(UTC).replace(microsecond=0) + timedelta(days=days)


def refusal(error: pytest.ExceptionInfo[ClientError]) -> tuple[str, str]:
    told = error.value.response["Error"]
    return told["Code"], told["Message"]


LOCKED = ("AccessDenied", "Access Denied because object protected by object lock.")


def test_the_bucket_retains_what_does_not_say_for_how_long(mill: TestEngine, s3: Any) -> None:
    rule = {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 2}}
    configuration = {"ObjectLockEnabled": "Enabled", "Rule": rule}
    s3.put_object_lock_configuration(Bucket="locked", ObjectLockConfiguration=configuration)
    kept = s3.get_object_lock_configuration(Bucket="locked")["ObjectLockConfiguration"]
    assert kept == configuration
    version = s3.put_object(Bucket="locked", Key="k", Body=b"x")["VersionId"]
    head = s3.head_object(Bucket="locked", Key="k")
    assert head["ObjectLockMode"] == "COMPLIANCE"
    left = head["ObjectLockRetainUntilDate"] - head["LastModified"]
    assert timedelta(days=1.9) < left < timedelta(days=2.1)
    place = {"Bucket": "locked", "Key": "k", "VersionId": version}
    with pytest.raises(ClientError) as refused:
        s3.delete_object(**place, BypassGovernanceRetention=True)
    assert refusal(refused) == LOCKED
    # A marker hides the version and leaves it there.
    marker = s3.delete_object(Bucket="locked", Key="k")["VersionId"]
    assert s3.get_object(**place)["Body"].read() == b"x"
    s3.delete_object(Bucket="locked", Key="k", VersionId=marker)
    mill.advance(3 * DAY)
    s3.delete_object(**place)
    assert "Contents" not in s3.list_objects_v2(Bucket="locked")


def test_governance_yields_to_who_bypasses_it(s3: Any) -> None:
    until = in_days(5)
    lock = {"ObjectLockMode": "GOVERNANCE", "ObjectLockRetainUntilDate": until}
    version = s3.put_object(Bucket="locked", Key="k", Body=b"x", **lock)["VersionId"]
    place = {"Bucket": "locked", "Key": "k", "VersionId": version}
    assert s3.get_object_retention(**place)["Retention"] == {
        "Mode": "GOVERNANCE",
        "RetainUntilDate": until,
    }
    shorter = {"Mode": "GOVERNANCE", "RetainUntilDate": in_days(1)}
    for change in (shorter, {"Mode": "COMPLIANCE", "RetainUntilDate": until}, {}):
        with pytest.raises(ClientError) as refused:
            s3.put_object_retention(**place, Retention=change)
        assert refusal(refused) == LOCKED
    longer = {"Mode": "GOVERNANCE", "RetainUntilDate": in_days(9)}
    s3.put_object_retention(**place, Retention=longer)
    s3.put_object_retention(**place, Retention=shorter, BypassGovernanceRetention=True)
    assert s3.get_object_retention(**place)["Retention"] == shorter
    with pytest.raises(ClientError) as refused:
        s3.delete_object(**place)
    assert refusal(refused) == LOCKED
    s3.delete_object(**place, BypassGovernanceRetention=True)
    with pytest.raises(ClientError, match="NoSuchVersion"):
        s3.get_object_retention(**place)


def test_a_hold_lies_on_a_version_until_it_is_lifted(s3: Any) -> None:
    held = s3.put_object(Bucket="locked", Key="k", Body=b"x", ObjectLockLegalHoldStatus="ON")
    free = s3.put_object(Bucket="locked", Key="k", Body=b"y")
    place = {"Bucket": "locked", "Key": "k", "VersionId": held["VersionId"]}
    assert s3.get_object_legal_hold(**place)["LegalHold"] == {"Status": "ON"}
    with pytest.raises(ClientError, match="NoSuchObjectLockConfiguration"):
        s3.get_object_legal_hold(Bucket="locked", Key="k")
    both = [{"Key": "k", "VersionId": one["VersionId"]} for one in (held, free)]
    answer = s3.delete_objects(Bucket="locked", Delete={"Objects": both})
    assert [entry["VersionId"] for entry in answer["Deleted"]] == [free["VersionId"]]
    (error,) = answer["Errors"]
    assert (error["VersionId"], error["Code"], error["Message"]) == (held["VersionId"], *LOCKED)
    s3.put_object_legal_hold(**place, LegalHold={"Status": "OFF"})
    s3.delete_object(**place)


def test_copies_and_parts_have_locks_of_their_own(s3: Any) -> None:
    lock = {"ObjectLockMode": "COMPLIANCE", "ObjectLockRetainUntilDate": in_days(1)}
    s3.put_object(Bucket="locked", Key="a", Body=b"x", **lock)
    s3.copy_object(Bucket="locked", Key="b", CopySource="locked/a")
    assert "ObjectLockMode" not in s3.head_object(Bucket="locked", Key="b")
    s3.copy_object(Bucket="locked", Key="b", CopySource="locked/a", ObjectLockLegalHoldStatus="ON")
    assert s3.head_object(Bucket="locked", Key="b")["ObjectLockLegalHoldStatus"] == "ON"
    place = {"Bucket": "locked", "Key": "c"}
    upload = s3.create_multipart_upload(**place, **lock)["UploadId"]
    part = s3.upload_part(**place, UploadId=upload, PartNumber=1, Body=b"part")
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    s3.complete_multipart_upload(**place, UploadId=upload, MultipartUpload=parts)
    assert s3.head_object(**place)["ObjectLockMode"] == "COMPLIANCE"


def test_rules_do_not_expire_what_is_locked(mill: TestEngine, s3: Any) -> None:
    lock = {"ObjectLockMode": "GOVERNANCE", "ObjectLockRetainUntilDate": in_days(10)}
    locked = s3.put_object(Bucket="locked", Key="k", Body=b"1", **lock)["VersionId"]
    s3.put_object(Bucket="locked", Key="k", Body=b"2")
    s3.put_object(Bucket="locked", Key="k", Body=b"3")
    old = {"NoncurrentVersionExpiration": {"NoncurrentDays": 1}}
    rule = {"Status": "Enabled", "Filter": {"Prefix": ""}, **old}
    s3.put_bucket_lifecycle_configuration(Bucket="locked", LifecycleConfiguration={"Rules": [rule]})

    def versions_after(days: int) -> list[str]:
        for _ in range(days):
            mill.advance(DAY)
            mill.settle()
        found = s3.list_object_versions(Bucket="locked")["Versions"]
        return [entry["VersionId"] for entry in found if not entry["IsLatest"]]

    assert versions_after(4) == [locked]
    assert versions_after(8) == []


@pytest.mark.parametrize(
    ("operation", "given", "code"),
    [
        ("get_object_lock_configuration", {}, "ObjectLockConfigurationNotFoundError"),
        (
            "put_object_lock_configuration",
            {"ObjectLockConfiguration": {"ObjectLockEnabled": "Enabled"}},
            "InvalidBucketState",
        ),
        ("get_object_retention", {"Key": "k"}, "InvalidRequest"),
        (
            "put_object",
            {"Key": "k", "Body": b"", "ObjectLockLegalHoldStatus": "ON"},
            "InvalidRequest",
        ),
    ],
)
def test_a_bucket_without_locks_says_so(
    s3: Any, operation: str, given: dict[str, Any], code: str
) -> None:
    name = uuid4().hex
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="k", Body=b"")
    with pytest.raises(ClientError) as refused:
        getattr(s3, operation)(Bucket=name, **given)
    assert refusal(refused)[0] == code


@pytest.mark.parametrize(
    ("lock", "told"),
    [
        ({"ObjectLockMode": "GOVERNANCE"}, "must both be supplied"),
        (
            {"ObjectLockMode": "GOVERNANCE", "ObjectLockRetainUntilDate": in_days(-1)},
            "must be in the future",
        ),
    ],
)
def test_locks_that_cannot_be_are_refused(s3: Any, lock: dict[str, Any], told: str) -> None:
    with pytest.raises(ClientError, match=told):
        s3.put_object(Bucket="locked", Key="k", Body=b"x", **lock)
    with pytest.raises(ClientError) as refused:
        s3.put_bucket_versioning(Bucket="locked", VersioningConfiguration={"Status": "Suspended"})
    assert refusal(refused)[0] == "InvalidBucketState"


TEMPLATE = """
Resources:
  Archive:
    Type: AWS::S3::Bucket
    Properties:
      BucketName: archive
      ObjectLockEnabled: true
      ObjectLockConfiguration:
        ObjectLockEnabled: Enabled
        Rule: {DefaultRetention: {Mode: GOVERNANCE, Years: 1}}
"""


def test_a_template_declares_locks(mill: TestEngine, s3: Any, tmp_path: Path) -> None:
    (tmp_path / "template.yaml").write_text(TEMPLATE)
    mill.deploy(tmp_path)
    assert s3.get_bucket_versioning(Bucket="archive")["Status"] == "Enabled"
    s3.put_object(Bucket="archive", Key="k", Body=b"x")
    assert s3.head_object(Bucket="archive", Key="k")["ObjectLockMode"] == "GOVERNANCE"
    (tmp_path / "template.yaml").write_text(TEMPLATE.replace("Years: 1", "Days: 3"))
    mill.deploy(tmp_path)
    found = s3.get_object_lock_configuration(Bucket="archive")["ObjectLockConfiguration"]
    assert found["Rule"]["DefaultRetention"] == {"Mode": "GOVERNANCE", "Days": 3}
