"""Buckets: what lifecycle rules do to objects, the events of settings, parts from objects."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from eventmill.testing import TestEngine, engine
from tests.policies import letting
from tests.queues import taken
from tests.shape import assert_shape, recorded

DAY = 86_400
LARGE = b"x" * 131_072
"""A body that rules move unless they say otherwise."""


@pytest.fixture
def mill() -> Iterator[TestEngine]:
    with engine() as running:
        running.client("s3").create_bucket(Bucket="bucket")
        yield running


def watch(mill: TestEngine, *events: str) -> str:
    """The URL of a queue that hears of these events of the bucket."""
    queues = mill.client("sqs")
    url = queues.create_queue(QueueName="heard", Attributes={"Policy": letting("s3")})["QueueUrl"]
    arn = "arn:aws:sqs:us-east-1:000000000000:heard"
    configuration = {"QueueConfigurations": [{"QueueArn": arn, "Events": list(events)}]}
    mill.client("s3").put_bucket_notification_configuration(
        Bucket="bucket", NotificationConfiguration=configuration
    )
    mill.settle()
    (test,) = queues.receive_message(QueueUrl=url)["Messages"]
    assert json.loads(test["Body"])["Event"] == "s3:TestEvent"
    queues.delete_message(QueueUrl=url, ReceiptHandle=test["ReceiptHandle"])
    return str(url)


def heard(mill: TestEngine, url: str) -> list[dict[str, Any]]:
    mill.settle()
    found = [json.loads(message["Body"])["Records"] for message in taken(mill, url)]
    return [record for records in found for record in records]


def days_pass(mill: TestEngine, days: int) -> None:
    """One midnight after the other, as an engine that runs sees them."""
    for _ in range(days):
        mill.advance(DAY)
        mill.settle()


def keys(mill: TestEngine) -> list[str]:
    listed = mill.client("s3").list_objects_v2(Bucket="bucket").get("Contents", [])
    return [entry["Key"] for entry in listed]


def rules(mill: TestEngine, *given: dict[str, Any]) -> None:
    mill.client("s3").put_bucket_lifecycle_configuration(
        Bucket="bucket",
        LifecycleConfiguration={"Rules": [{"Status": "Enabled", **r} for r in given]},
    )


def test_objects_expire_by_prefix_tag_and_size_and_say_so(mill: TestEngine) -> None:
    s3 = mill.client("s3")
    both = {"Prefix": "tmp/", "Tags": [{"Key": "keep", "Value": "no"}], "ObjectSizeLessThan": 10}
    rules(mill, {"Filter": {"And": both}, "Expiration": {"Days": 2}})
    url = watch(mill, "s3:LifecycleExpiration:*")
    s3.put_object(Bucket="bucket", Key="tmp/gone", Body=b"x", Tagging="keep=no")
    s3.put_object(Bucket="bucket", Key="tmp/large", Body=b"x" * 20, Tagging="keep=no")
    s3.put_object(Bucket="bucket", Key="tmp/kept", Body=b"x", Tagging="keep=yes")
    s3.put_object(Bucket="bucket", Key="other", Body=b"x", Tagging="keep=no")
    days_pass(mill, 2)
    assert len(keys(mill)) == 4
    days_pass(mill, 1)
    assert keys(mill) == ["other", "tmp/kept", "tmp/large"]
    (record,) = heard(mill, url)
    assert_shape(record, recorded("s3.expired"))


def test_versions_expire_when_they_were_replaced_long_enough(mill: TestEngine) -> None:
    s3 = mill.client("s3")
    s3.put_bucket_versioning(Bucket="bucket", VersioningConfiguration={"Status": "Enabled"})
    url = watch(mill, "s3:LifecycleExpiration:*")
    rules(
        mill,
        {
            "Filter": {},
            "Expiration": {"Days": 4},
            "NoncurrentVersionExpiration": {"NoncurrentDays": 1, "NewerNoncurrentVersions": 1},
        },
    )
    for body in (b"1", b"2", b"3"):
        s3.put_object(Bucket="bucket", Key="key", Body=body)
    days_pass(mill, 2)
    versions = s3.list_object_versions(Bucket="bucket")["Versions"]
    assert len(versions) == 2
    days_pass(mill, 3)
    assert keys(mill) == []
    assert len(s3.list_object_versions(Bucket="bucket")["DeleteMarkers"]) == 1
    names = [record["eventName"] for record in heard(mill, url)]
    assert names[:2] == ["LifecycleExpiration:Delete", "LifecycleExpiration:DeleteMarkerCreated"]


def test_transitions_change_the_storage_class(mill: TestEngine) -> None:
    s3 = mill.client("s3")
    s3.put_bucket_versioning(Bucket="bucket", VersioningConfiguration={"Status": "Enabled"})
    transition = {"Days": 1, "StorageClass": "GLACIER_IR"}
    rules(mill, {"Filter": {"Prefix": ""}, "Transitions": [transition]})
    url = watch(mill, "s3:LifecycleTransition")
    s3.put_object(Bucket="bucket", Key="key", Body=LARGE)
    s3.put_object(Bucket="bucket", Key="small", Body=LARGE[1:])
    days_pass(mill, 3)
    assert s3.head_object(Bucket="bucket", Key="key")["StorageClass"] == "GLACIER_IR"
    assert "StorageClass" not in s3.head_object(Bucket="bucket", Key="small")
    (record,) = heard(mill, url)
    assert_shape(record, recorded("s3.moved"))


@pytest.mark.parametrize("action", [{}, {"Expiration": {"Days": 0}}])
def test_rules_that_do_nothing_are_refused(mill: TestEngine, action: dict[str, Any]) -> None:
    with pytest.raises(ClientError):
        rules(mill, {"Filter": {"Prefix": ""}, **action})


def test_empty_objects_are_not_larger_than_nothing(mill: TestEngine) -> None:
    s3 = mill.client("s3")
    rules(mill, {"Filter": {"ObjectSizeGreaterThan": 0}, "Expiration": {"Days": 1}})
    s3.put_object(Bucket="bucket", Key="empty", Body=b"")
    s3.put_object(Bucket="bucket", Key="full", Body=b"x")
    days_pass(mill, 3)
    assert keys(mill) == ["empty"]


def test_old_versions_move_too_when_they_were_replaced_long_enough(mill: TestEngine) -> None:
    s3 = mill.client("s3")
    s3.put_bucket_versioning(Bucket="bucket", VersioningConfiguration={"Status": "Enabled"})
    later = {"NoncurrentDays": 1, "StorageClass": "GLACIER"}
    rules(mill, {"Filter": {"Prefix": ""}, "NoncurrentVersionTransitions": [later]})
    old = s3.put_object(Bucket="bucket", Key="key", Body=LARGE)["VersionId"]
    s3.put_object(Bucket="bucket", Key="key", Body=b"2")
    days_pass(mill, 1)
    head = s3.head_object(Bucket="bucket", Key="key", VersionId=old)
    assert "StorageClass" not in head
    days_pass(mill, 2)
    head = s3.head_object(Bucket="bucket", Key="key", VersionId=old)
    assert head["StorageClass"] == "GLACIER"
    assert "StorageClass" not in s3.head_object(Bucket="bucket", Key="key")


@pytest.mark.parametrize(
    ("sized", "least", "moved"),
    [
        (False, None, []),
        (False, "varies_by_storage_class", ["GLACIER"]),
        (True, None, ["GLACIER", "STANDARD_IA"]),
    ],
)
def test_small_objects_move_where_a_rule_or_its_bucket_says_so(
    mill: TestEngine, sized: bool, least: str | None, moved: list[str]
) -> None:
    s3, every = mill.client("s3"), []
    for storage in ("GLACIER", "STANDARD_IA"):
        s3.put_object(Bucket="bucket", Key=f"{storage}/key", Body=b"x")
        both = {"Prefix": storage, "ObjectSizeGreaterThan": 0}
        mine = {"And": both} if sized else {"Prefix": storage}
        move = {"Days": 1, "StorageClass": storage}
        every.append({"Status": "Enabled", "Filter": mine, "Transitions": [move]})
    more = {"TransitionDefaultMinimumObjectSize": least} if least else {}
    s3.put_bucket_lifecycle_configuration(
        Bucket="bucket", LifecycleConfiguration={"Rules": every}, **more
    )
    kept = s3.get_bucket_lifecycle_configuration(Bucket="bucket")
    default = "all_storage_classes_128K"
    assert kept["TransitionDefaultMinimumObjectSize"] == (least or default)
    days_pass(mill, 3)
    classes = [one["StorageClass"] for one in s3.list_objects_v2(Bucket="bucket")["Contents"]]
    assert [one for one in classes if one != "STANDARD"] == moved


def test_uploads_that_nobody_completes_are_given_up(mill: TestEngine) -> None:
    s3 = mill.client("s3")
    abort = {"DaysAfterInitiation": 1}
    rules(mill, {"Filter": {"Prefix": ""}, "AbortIncompleteMultipartUpload": abort})
    s3.create_multipart_upload(Bucket="bucket", Key="key")
    days_pass(mill, 3)
    assert "Uploads" not in s3.list_multipart_uploads(Bucket="bucket")


def test_rules_come_back_and_go(mill: TestEngine) -> None:
    s3 = mill.client("s3")
    rules(mill, {"ID": "one", "Filter": {"Prefix": "a/"}, "Expiration": {"Days": 1}})
    (rule,) = s3.get_bucket_lifecycle_configuration(Bucket="bucket")["Rules"]
    assert (rule["ID"], rule["Filter"], rule["Expiration"]) == (
        "one",
        {"Prefix": "a/"},
        {"Days": 1},
    )
    with pytest.raises(ClientError, match="Rule ID must be unique"):
        rules(mill, *[{"ID": "same", "Filter": {}, "Expiration": {"Days": 1}}] * 2)
    s3.delete_bucket_lifecycle(Bucket="bucket")
    with pytest.raises(ClientError, match="NoSuchLifecycleConfiguration"):
        s3.get_bucket_lifecycle_configuration(Bucket="bucket")


def test_tags_and_access_lists_have_events_of_their_own(mill: TestEngine) -> None:
    s3 = mill.client("s3")
    s3.put_bucket_versioning(Bucket="bucket", VersioningConfiguration={"Status": "Enabled"})
    url = watch(mill, "s3:ObjectTagging:*", "s3:ObjectAcl:Put")
    version = s3.put_object(Bucket="bucket", Key="a b", Body=b"x")["VersionId"]
    tags = {"TagSet": [{"Key": "k", "Value": "v"}]}
    s3.put_object_tagging(Bucket="bucket", Key="a b", Tagging=tags)
    s3.delete_object_tagging(Bucket="bucket", Key="a b")
    s3.put_object_acl(Bucket="bucket", Key="a b", ACL="private")
    found = heard(mill, url)
    names = ["ObjectTagging:Put", "ObjectTagging:Delete", "ObjectAcl:Put"]
    assert sorted(record["eventName"] for record in found) == sorted(names)
    for record in found:
        assert_shape(record, recorded("s3.tagged"))
        assert record["s3"]["object"]["versionId"] == version


def test_parts_are_copied_from_objects(mill: TestEngine) -> None:
    s3 = mill.client("s3")
    body = bytes(range(256)) * 44_000
    s3.put_object(Bucket="bucket", Key="source", Body=body)
    upload = s3.create_multipart_upload(Bucket="bucket", Key="copy")["UploadId"]
    place = {"Bucket": "bucket", "Key": "copy", "UploadId": upload}
    half = len(body) // 2
    parts = []
    for number, span in enumerate((f"0-{half - 1}", f"{half}-{len(body) - 1}"), 1):
        made = s3.upload_part_copy(
            **place,
            PartNumber=number,
            CopySource="bucket/source",
            CopySourceRange=f"bytes={span}",
        )
        parts.append({"PartNumber": number, "ETag": made["CopyPartResult"]["ETag"]})
    s3.complete_multipart_upload(**place, MultipartUpload={"Parts": parts})
    assert s3.get_object(Bucket="bucket", Key="copy")["Body"].read() == body
    about = s3.get_object_attributes(
        Bucket="bucket", Key="copy", ObjectAttributes=["ObjectSize", "StorageClass"]
    )
    assert (about["ObjectSize"], about["StorageClass"]) == (len(body), "STANDARD")
