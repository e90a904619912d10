"""S3 through boto3 and plain HTTP."""

from __future__ import annotations

import io
import json
import random
import urllib.error
import urllib.request

import pytest
from botocore.exceptions import ClientError

from tests.policies import letting


@pytest.fixture
def s3(eventmill):
    client = eventmill.client("s3")
    client.create_bucket(Bucket="bucket")
    return client


@pytest.mark.parametrize("size", [0, 5, 65_536, 65_537, 12 << 20])
def test_bodies_of_every_size_come_back_whole_and_in_ranges(s3, size: int) -> None:
    data = random.Random(size).randbytes(size)
    s3.upload_fileobj(io.BytesIO(data), "bucket", "key")
    assert s3.get_object(Bucket="bucket", Key="key")["Body"].read() == data
    if size > 3:
        part = s3.get_object(Bucket="bucket", Key="key", Range=f"bytes=1-{size - 2}")
        assert part["Body"].read() == data[1:-1]
        assert part["ContentRange"] == f"bytes 1-{size - 2}/{size}"


def test_a_presigned_url_works_and_an_altered_one_does_not(s3) -> None:
    s3.put_object(Bucket="bucket", Key="key", Body=b"hello")
    url = s3.generate_presigned_url("get_object", Params={"Bucket": "bucket", "Key": "key"})
    with urllib.request.urlopen(url) as answer:
        assert answer.read() == b"hello"
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(url.replace("/key", "/other"))
    assert refused.value.code == 403


def test_versions_hide_and_reveal_each_other(s3) -> None:
    s3.put_bucket_versioning(Bucket="bucket", VersioningConfiguration={"Status": "Enabled"})
    first = s3.put_object(Bucket="bucket", Key="k", Body=b"1")["VersionId"]
    s3.put_object(Bucket="bucket", Key="k", Body=b"2")
    marker = s3.delete_object(Bucket="bucket", Key="k")
    assert marker["DeleteMarker"]
    with pytest.raises(s3.exceptions.NoSuchKey):
        s3.get_object(Bucket="bucket", Key="k")
    old = s3.get_object(Bucket="bucket", Key="k", VersionId=first)
    assert old["Body"].read() == b"1"
    s3.delete_object(Bucket="bucket", Key="k", VersionId=marker["VersionId"])
    assert s3.get_object(Bucket="bucket", Key="k")["Body"].read() == b"2"


def test_what_was_written_before_the_versions_is_the_oldest(s3) -> None:
    for body in (b"1", b"x" * 200_000, b"2"):
        s3.put_object(Bucket="bucket", Key="k", Body=body)
    s3.put_object(Bucket="bucket", Key="between", Body=b"")
    s3.put_bucket_versioning(Bucket="bucket", VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket="bucket", Key="k", Body=b"3")
    found = s3.list_object_versions(Bucket="bucket", Prefix="k")["Versions"]
    assert [(entry["VersionId"] == "null", entry["IsLatest"]) for entry in found] == [
        (False, True),
        (True, False),
    ]
    old = s3.get_object(Bucket="bucket", Key="k", VersionId="null")
    assert old["Body"].read() == b"2"


def test_listing_pages_and_folds_common_prefixes(s3) -> None:
    for number in range(25):
        s3.put_object(Bucket="bucket", Key=f"d/{number % 5}/{number:02}", Body=b"")
    pages = s3.get_paginator("list_objects_v2").paginate(
        Bucket="bucket", Prefix="d/", Delimiter="/", PaginationConfig={"PageSize": 2}
    )
    prefixes = [entry["Prefix"] for page in pages for entry in page["CommonPrefixes"]]
    assert prefixes == [f"d/{number}/" for number in range(5)]
    pages = s3.get_paginator("list_objects_v2").paginate(
        Bucket="bucket", PaginationConfig={"PageSize": 7}
    )
    keys = [entry["Key"] for page in pages for entry in page["Contents"]]
    assert len(keys) == 25 and keys == sorted(keys)


def test_only_the_first_of_two_conditional_writes_succeeds(s3) -> None:
    s3.put_object(Bucket="bucket", Key="k", Body=b"1", IfNoneMatch="*")
    with pytest.raises(ClientError) as failed:
        s3.put_object(Bucket="bucket", Key="k", Body=b"2", IfNoneMatch="*")
    assert failed.value.response["Error"]["Code"] == "PreconditionFailed"
    assert failed.value.response["ResponseMetadata"]["HTTPStatusCode"] == 412


def test_a_notification_arrives_once_with_the_key_encoded(eventmill, s3) -> None:
    queues = eventmill.client("sqs")
    url = queues.create_queue(QueueName="q", Attributes={"Policy": letting("s3")})["QueueUrl"]
    rule = {
        "QueueArn": "arn:aws:sqs:us-east-1:000000000000:q",
        "Events": ["s3:ObjectCreated:*"],
        "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": "in/"}]}},
    }
    s3.put_bucket_notification_configuration(
        Bucket="bucket", NotificationConfiguration={"QueueConfigurations": [rule]}
    )
    s3.put_object(Bucket="bucket", Key="out/a", Body=b"x")
    s3.put_object(Bucket="bucket", Key="in/a b.pdf", Body=b"x")
    eventmill.settle()
    messages = queues.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    bodies = [json.loads(message["Body"]) for message in messages]
    assert [body.get("Event") for body in bodies] == ["s3:TestEvent", None]
    record = bodies[1]["Records"][0]
    assert record["eventName"] == "ObjectCreated:Put"
    assert record["s3"]["object"]["key"] == "in/a+b.pdf"
    overlapping = {**rule, "Filter": {"Key": {"FilterRules": []}}}
    with pytest.raises(ClientError) as refused:
        s3.put_bucket_notification_configuration(
            Bucket="bucket",
            NotificationConfiguration={"QueueConfigurations": [rule, overlapping]},
        )
    assert refused.value.response["Error"]["Code"] == "InvalidArgument"


def test_each_change_of_an_object_is_later_than_the_one_before(eventmill, s3) -> None:
    queues = eventmill.client("sqs")
    url = queues.create_queue(QueueName="q", Attributes={"Policy": letting("s3")})["QueueUrl"]
    rule = {
        "QueueArn": "arn:aws:sqs:us-east-1:000000000000:q",
        "Events": ["s3:ObjectCreated:*", "s3:ObjectRemoved:*"],
    }
    s3.put_bucket_notification_configuration(
        Bucket="bucket", NotificationConfiguration={"QueueConfigurations": [rule]}
    )
    for body in (b"x", b"other"):
        s3.put_object(Bucket="bucket", Key="a", Body=body)
    s3.delete_object(Bucket="bucket", Key="a")
    eventmill.settle()
    messages = queues.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    records = [json.loads(message["Body"])["Records"][0] for message in messages[1:]]
    order = sorted((record["s3"]["object"]["sequencer"], record) for record in records)
    assert [(record["eventName"], record["s3"]["object"].get("size")) for _, record in order] == [
        ("ObjectCreated:Put", 1),
        ("ObjectCreated:Put", 5),
        ("ObjectRemoved:Delete", None),
    ]


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ("topic.fifo", "FIFO SNS topics are not supported as destinations"),
        ("function", "Not authorized to invoke function"),
        ("many", "at most 100 notification configurations"),
    ],
)
def test_destinations_that_cannot_be_are_refused(eventmill, s3, kind: str, why: str) -> None:
    arn = "arn:aws:lambda:us-east-1:000000000000:function:absent"
    found: dict[str, list[dict[str, object]]] = {
        "LambdaFunctionConfigurations": [
            {"LambdaFunctionArn": arn, "Events": ["s3:ObjectCreated:*"]}
        ]
    }
    if kind == "topic.fifo":
        topics = eventmill.client("sns")
        arn = topics.create_topic(Name=kind, Attributes={"FifoTopic": "true"})["TopicArn"]
        found = {"TopicConfigurations": [{"TopicArn": arn, "Events": ["s3:ObjectCreated:*"]}]}
    if kind == "many":
        url = eventmill.client("sqs").create_queue(QueueName="q")["QueueUrl"]
        arn = f"arn:aws:sqs:us-east-1:000000000000:{url.rpartition('/')[2]}"
        events = [f"{number}/" for number in range(101)]
        found = {
            "QueueConfigurations": [
                {
                    "QueueArn": arn,
                    "Events": ["s3:ObjectCreated:*"],
                    "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": prefix}]}},
                }
                for prefix in events
            ]
        }
    with pytest.raises(ClientError) as refused:
        s3.put_bucket_notification_configuration(Bucket="bucket", NotificationConfiguration=found)
    assert why in str(refused.value.response)


def test_a_copy_has_a_storage_class_of_its_own(s3) -> None:
    s3.put_object(
        Bucket="bucket", Key="a", Body=b"x", StorageClass="STANDARD_IA", Metadata={"m": "1"}
    )
    source = {"Bucket": "bucket", "Key": "a"}
    s3.copy_object(Bucket="bucket", Key="b", CopySource=source)
    s3.copy_object(Bucket="bucket", Key="c", CopySource=source, StorageClass="GLACIER_IR")
    plain, given = (s3.head_object(Bucket="bucket", Key=key) for key in "bc")
    assert "StorageClass" not in plain
    assert given["StorageClass"] == "GLACIER_IR"
    assert plain["Metadata"] == given["Metadata"] == {"m": "1"}


def form(fields: dict[str, str], data: bytes) -> tuple[bytes, str]:
    parts = [
        f'--B\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    head = b'--B\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n'
    return b"".join(parts) + head + data + b"\r\n--B--\r\n", "multipart/form-data; boundary=B"


@pytest.mark.parametrize(
    ("size", "change", "status", "code"),
    [
        (10, {}, 204, b""),
        (200_000, {}, 204, b""),
        (300_000, {}, 400, b"EntityTooLarge"),
        (1, {}, 400, b"EntityTooSmall"),
        (10, {"key": "elsewhere"}, 403, b"Policy Condition failed"),
        (10, {"x-amz-meta-extra": "1"}, 403, b"Extra input fields"),
        (10, {"x-amz-signature": "00", "signature": "00"}, 403, b"SignatureDoesNotMatch"),
    ],
)
def test_a_browser_uploads_within_its_policy(s3, size, change, status, code) -> None:
    post = s3.generate_presigned_post(
        "bucket",
        "in/${filename}",
        Conditions=[["content-length-range", 5, 250_000], ["starts-with", "$key", "in/"]],
    )
    data = b"\r\n--X?" * (size // 6) + b"x" * (size % 6)
    body, kind = form(post["fields"] | change, data)
    request = urllib.request.Request(post["url"], body, {"Content-Type": kind})
    try:
        with urllib.request.urlopen(request) as answer:
            assert answer.status == status
        assert s3.get_object(Bucket="bucket", Key="in/a.txt")["Body"].read() == data
    except urllib.error.HTTPError as error:
        assert error.code == status
        assert code in error.read()
        assert "Contents" not in s3.list_objects_v2(Bucket="bucket")


def test_a_page_is_told_what_the_bucket_allows(eventmill, s3) -> None:
    rule = {
        "AllowedMethods": ["PUT", "GET"],
        "AllowedOrigins": ["https://page.example"],
        "AllowedHeaders": ["x-amz-*"],
        "MaxAgeSeconds": 9,
    }
    s3.put_bucket_cors(Bucket="bucket", CORSConfiguration={"CORSRules": [rule]})

    def preflight(origin: str) -> int:
        request = urllib.request.Request(
            f"{eventmill.endpoint}/bucket/key",
            method="OPTIONS",
            headers={
                "Origin": origin,
                "Access-Control-Request-Method": "PUT",
                "Access-Control-Request-Headers": "x-amz-meta-a",
            },
        )
        try:
            with urllib.request.urlopen(request) as answer:
                assert answer.headers["access-control-allow-origin"] == origin
                assert answer.headers["access-control-max-age"] == "9"
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code

    assert preflight("https://page.example") == 200
    assert preflight("https://other.example") == 403


def test_the_number_of_a_part_is_checked_however_its_bytes_come(s3) -> None:
    s3.put_object(Bucket="bucket", Key="source", Body=b"part")
    place = {"Bucket": "bucket", "Key": "whole"}
    place["UploadId"] = s3.create_multipart_upload(**place)["UploadId"]
    for number in (0, 10_001):
        for upload, body in (
            (s3.upload_part, {"Body": b"part"}),
            (s3.upload_part_copy, {"CopySource": "bucket/source"}),
        ):
            with pytest.raises(ClientError) as refused:
                upload(**place, **body, PartNumber=number)
            error = refused.value.response["Error"]
            assert (error["Code"], error["ArgumentName"]) == ("InvalidArgument", "partNumber")
    made = s3.upload_part_copy(**place, CopySource="bucket/source", PartNumber=10_000)
    (part,) = s3.list_parts(**place)["Parts"]
    assert (part["PartNumber"], part["ETag"]) == (10_000, made["CopyPartResult"]["ETag"])


def test_pages_of_versions_break_within_a_key_and_lose_none(s3) -> None:
    s3.put_bucket_versioning(Bucket="bucket", VersioningConfiguration={"Status": "Enabled"})
    made = [
        s3.put_object(Bucket="bucket", Key=key, Body=b"")["VersionId"]
        for key in ("b", "b", "b", "a", "a")
    ]
    listing = s3.get_paginator("list_object_versions")
    pages = listing.paginate(Bucket="bucket", PaginationConfig={"PageSize": 2})
    found = [one["VersionId"] for page in pages for one in page["Versions"]]
    assert found == made[::-1]
    # Whoever empties a bucket deletes what a page ended with before asking for the next.
    for page in listing.paginate(Bucket="bucket", PaginationConfig={"PageSize": 2}):
        for one in page["Versions"]:
            s3.delete_object(Bucket="bucket", Key=one["Key"], VersionId=one["VersionId"])
    s3.delete_bucket(Bucket="bucket")


def test_uploads_under_way_go_with_their_bucket(eventmill, s3) -> None:
    place = {"Bucket": "bucket", "Key": "whole"}
    upload = s3.create_multipart_upload(**place)["UploadId"]
    s3.upload_part(**place, UploadId=upload, PartNumber=1, Body=b"part")
    s3.delete_bucket(Bucket="bucket")
    s3.create_bucket(Bucket="bucket")
    assert "Uploads" not in s3.list_multipart_uploads(Bucket="bucket")
    with pytest.raises(s3.exceptions.NoSuchUpload):
        s3.upload_part(**place, UploadId=upload, PartNumber=2, Body=b"part")


def test_a_bucket_that_one_owns_may_be_created_again_in_the_oldest_region(s3) -> None:
    s3.create_bucket(Bucket="owned-twice")
    s3.put_object(Bucket="owned-twice", Key="kept", Body=b"1")
    assert s3.create_bucket(Bucket="owned-twice")["Location"] == "/owned-twice"
    assert s3.get_object(Bucket="owned-twice", Key="kept")["Body"].read() == b"1"
