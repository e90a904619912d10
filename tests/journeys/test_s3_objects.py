"""Objects: deletions and copies under conditions, parts and their checksums, tags of forms."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

from eventmill.services.s3 import bodies
from eventmill.testing import TestEngine, engine


@pytest.fixture(scope="module")
def mill() -> Iterator[TestEngine]:
    with engine() as running:
        yield running


@pytest.fixture
def s3(mill: TestEngine) -> Any:
    return mill.client("s3")


@pytest.fixture
def bucket(s3: Any) -> str:
    name = uuid4().hex
    s3.create_bucket(Bucket=name)
    return name


def code_of(error: pytest.ExceptionInfo[ClientError]) -> tuple[int, str]:
    told = error.value.response
    return told["ResponseMetadata"]["HTTPStatusCode"], told["Error"]["Code"]


def keys(s3: Any, bucket: str) -> list[str]:
    return [entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]


def test_a_deletion_may_want_the_object_as_it_was(s3: Any, bucket: str) -> None:
    etag = s3.put_object(Bucket=bucket, Key="k", Body=b"x")["ETag"]
    with pytest.raises(ClientError) as refused:
        s3.delete_object(Bucket=bucket, Key="k", IfMatch='"00"')
    assert code_of(refused) == (412, "PreconditionFailed")
    with pytest.raises(ClientError) as refused:
        s3.delete_object(Bucket=bucket, Key="absent", IfMatch="*")
    assert code_of(refused) == (404, "NoSuchKey")
    with pytest.raises(ClientError) as refused:
        s3.delete_object(Bucket=bucket, Key="k", IfMatchSize=1)
    assert code_of(refused) == (501, "NotImplemented")
    s3.delete_object(Bucket=bucket, Key="k", IfMatch=etag)
    assert keys(s3, bucket) == []


def test_many_deletions_tell_of_each_or_of_failures_only(s3: Any, bucket: str) -> None:
    etag = s3.put_object(Bucket=bucket, Key="a", Body=b"x")["ETag"]
    s3.put_object(Bucket=bucket, Key="b", Body=b"y")
    wanted = [{"Key": "a", "ETag": etag}, {"Key": "b", "ETag": etag}, {"Key": "absent"}]
    answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": wanted})
    assert answer["Deleted"] == [{"Key": "a"}, {"Key": "absent"}]
    (error,) = answer["Errors"]
    assert (error["Key"], error["Code"]) == ("b", "PreconditionFailed")
    quiet = s3.delete_objects(Bucket=bucket, Delete={"Objects": wanted[1:], "Quiet": True})
    assert "Deleted" not in quiet
    assert [one["Key"] for one in quiet["Errors"]] == ["b"]
    assert keys(s3, bucket) == ["b"]


def test_a_copy_takes_over_or_replaces_metadata_and_tags(s3: Any, bucket: str) -> None:
    s3.put_object(
        Bucket=bucket,
        Key="a",
        Body=b"x",
        ContentType="text/plain",
        Metadata={"m": "1"},
        Tagging="t=1",
        WebsiteRedirectLocation="/elsewhere",
    )

    def copied(**how: Any) -> tuple[str, dict[str, str], list[dict[str, str]]]:
        s3.copy_object(Bucket=bucket, Key="b", CopySource=f"{bucket}/a", **how)
        head = s3.head_object(Bucket=bucket, Key="b")
        assert "WebsiteRedirectLocation" not in head
        tags = s3.get_object_tagging(Bucket=bucket, Key="b")["TagSet"]
        return head["ContentType"], head["Metadata"], tags

    one, other = [{"Key": "t", "Value": "1"}], [{"Key": "t", "Value": "2"}]
    given = {"ContentType": "text/html", "Metadata": {"m": "2"}, "Tagging": "t=2"}
    assert copied() == ("text/plain", {"m": "1"}, one)
    assert copied(**given) == ("text/plain", {"m": "1"}, one)
    assert copied(**given, MetadataDirective="REPLACE") == ("text/html", {"m": "2"}, one)
    assert copied(**given, TaggingDirective="REPLACE") == ("text/plain", {"m": "1"}, other)
    assert copied(MetadataDirective="REPLACE")[:2] == ("binary/octet-stream", {})
    with pytest.raises(ClientError, match="Unknown metadata directive"):
        copied(MetadataDirective="MERGE")
    s3.put_object(Bucket=bucket, Key="a", Body=b"x", Metadata={"m": "1"})
    with pytest.raises(ClientError, match="copy an object to itself"):
        s3.copy_object(Bucket=bucket, Key="a", CopySource=f"{bucket}/a", TaggingDirective="REPLACE")


@pytest.mark.parametrize(
    ("conditions", "holds"),
    [
        ({"IfMatch": "tag"}, True),
        ({"IfMatch": "other"}, False),
        ({"IfNoneMatch": "tag"}, False),
        ({"IfNoneMatch": "other"}, True),
        ({"IfModifiedSince": -1}, True),
        ({"IfModifiedSince": 1}, False),
        ({"IfUnmodifiedSince": 1}, True),
        ({"IfUnmodifiedSince": -1}, False),
        ({"IfMatch": "tag", "IfUnmodifiedSince": -1}, True),
        ({"IfNoneMatch": "tag", "IfModifiedSince": -1}, False),
    ],
)
def test_a_copy_asks_what_its_source_is(
    s3: Any, bucket: str, conditions: dict[str, Any], holds: bool
) -> None:
    etag = s3.put_object(Bucket=bucket, Key="a", Body=b"x")["ETag"]

    def value(given: Any) -> Any:
        if isinstance(given, int):
            return datetime.now(UTC) + timedelta(hours=given)
        return etag if given == "tag" else '"00"'

    asked = {f"CopySource{name}": value(given) for name, given in conditions.items()}
    if holds:
        s3.copy_object(Bucket=bucket, Key="b", CopySource=f"{bucket}/a", **asked)
        return
    with pytest.raises(ClientError) as refused:
        s3.copy_object(Bucket=bucket, Key="b", CopySource=f"{bucket}/a", **asked)
    assert code_of(refused) == (412, "PreconditionFailed")
    assert keys(s3, bucket) == ["a"]


def test_a_copy_asks_what_it_would_replace(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="a", Body=b"x")
    place = {"Bucket": bucket, "Key": "b", "CopySource": f"{bucket}/a"}
    s3.copy_object(**place, IfNoneMatch="*")
    with pytest.raises(ClientError) as refused:
        s3.copy_object(**place, IfNoneMatch="*")
    assert code_of(refused) == (412, "PreconditionFailed")


PARTS = (b"a" * (5 << 20), b"b" * 10)


@pytest.fixture
def assembled(s3: Any, bucket: str) -> dict[str, str]:
    """Where an object of two parts with checksums lies."""
    place = {"Bucket": bucket, "Key": "whole"}
    upload = s3.create_multipart_upload(**place, ChecksumAlgorithm="SHA256")["UploadId"]
    done = []
    for number, body in enumerate(PARTS, 1):
        part = s3.upload_part(
            **place, UploadId=upload, PartNumber=number, Body=body, ChecksumAlgorithm="SHA256"
        )
        done.append(
            {
                "PartNumber": number,
                "ETag": part["ETag"],
                "ChecksumSHA256": part["ChecksumSHA256"],
            }
        )
    with pytest.raises(ClientError, match="does not match what was computed"):
        s3.complete_multipart_upload(
            **place, UploadId=upload, MultipartUpload={"Parts": done}, MpuObjectSize=1
        )
    s3.complete_multipart_upload(**place, UploadId=upload, MultipartUpload={"Parts": done})
    return place


def test_attributes_tell_of_parts_and_checksums(s3: Any, assembled: dict[str, str]) -> None:
    every = ["ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"]
    about = s3.get_object_attributes(**assembled, ObjectAttributes=every)
    digests = [hashlib.sha256(part).digest() for part in PARTS]
    whole = base64.b64encode(hashlib.sha256(b"".join(digests)).digest()).decode()
    assert about["Checksum"] == {"ChecksumSHA256": f"{whole}-2", "ChecksumType": "COMPOSITE"}
    assert (about["ObjectSize"], about["StorageClass"]) == (sum(map(len, PARTS)), "STANDARD")
    assert about["ETag"].endswith("-2")
    parts = about["ObjectParts"]
    assert parts["TotalPartsCount"] == 2
    assert [(part["PartNumber"], part["Size"]) for part in parts["Parts"]] == [
        (1, len(PARTS[0])),
        (2, len(PARTS[1])),
    ]
    assert parts["Parts"][1]["ChecksumSHA256"] == base64.b64encode(digests[1]).decode()
    first = s3.get_object_attributes(**assembled, ObjectAttributes=["ObjectParts"], MaxParts=1)
    assert first["ObjectParts"]["IsTruncated"] is True
    assert first["ObjectParts"]["NextPartNumberMarker"] == 1
    assert "ETag" not in first
    rest = s3.get_object_attributes(
        **assembled, ObjectAttributes=["ObjectParts"], PartNumberMarker=1
    )
    assert [part["PartNumber"] for part in rest["ObjectParts"]["Parts"]] == [2]
    with pytest.raises(ClientError, match="Invalid attribute name"):
        s3.get_object_attributes(**assembled, ObjectAttributes=["Owner"])


@pytest.mark.parametrize("algorithm", ["CRC32", "CRC32C", "CRC64NVME"])
def test_parts_make_up_the_checksum_of_the_whole(s3: Any, bucket: str, algorithm: str) -> None:
    place, name = {"Bucket": bucket, "Key": "whole"}, f"Checksum{algorithm}"
    wanted = {"ChecksumAlgorithm": algorithm, "ChecksumType": "FULL_OBJECT"}
    upload = s3.create_multipart_upload(**place, **wanted)["UploadId"]
    done = []
    for number, body in enumerate(PARTS, 1):
        part = s3.upload_part(
            **place, UploadId=upload, PartNumber=number, Body=body, ChecksumAlgorithm=algorithm
        )
        done.append({"PartNumber": number, "ETag": part["ETag"], name: part[name]})
    alone = s3.put_object(
        Bucket=bucket, Key="alone", Body=b"".join(PARTS), ChecksumAlgorithm=algorithm
    )
    made = s3.complete_multipart_upload(
        **place, UploadId=upload, MultipartUpload={"Parts": done}, **{name: alone[name]}
    )
    assert (made[name], made["ChecksumType"]) == (alone[name], "FULL_OBJECT")
    # boto3 compares it with what it reads.
    got = s3.get_object(**place, ChecksumMode="ENABLED")
    assert got["Body"].read() == b"".join(PARTS)
    about = s3.get_object_attributes(**place, ObjectAttributes=["Checksum", "ObjectParts"])
    assert about["Checksum"] == {name: alone[name], "ChecksumType": "FULL_OBJECT"}
    assert [one[name] for one in about["ObjectParts"]["Parts"]] == [one[name] for one in done]


def test_a_part_is_read_by_its_number(s3: Any, assembled: dict[str, str]) -> None:
    second = s3.get_object(**assembled, PartNumber=2)
    assert (second["Body"].read(), second["PartsCount"]) == (PARTS[1], 2)
    end = len(PARTS[0]) + len(PARTS[1])
    assert second["ContentRange"] == f"bytes {len(PARTS[0])}-{end - 1}/{end}"
    head = s3.head_object(**assembled, PartNumber=1)
    assert head["ContentLength"] == len(PARTS[0])
    with pytest.raises(ClientError) as refused:
        s3.get_object(**assembled, PartNumber=3)
    assert code_of(refused) == (416, "InvalidPartNumber")
    s3.put_object(Bucket=assembled["Bucket"], Key="plain", Body=b"abc")
    plain = s3.get_object(Bucket=assembled["Bucket"], Key="plain", PartNumber=1)
    assert (plain["Body"].read(), "PartsCount" in plain) == (b"abc", False)


def test_a_copied_part_has_the_checksum_of_its_upload(s3: Any, assembled: dict[str, str]) -> None:
    place = {"Bucket": assembled["Bucket"], "Key": "copy"}
    place["UploadId"] = s3.create_multipart_upload(**place, ChecksumAlgorithm="CRC32")["UploadId"]
    made = s3.upload_part_copy(
        **place,
        PartNumber=1,
        CopySource=f"{assembled['Bucket']}/whole",
        CopySourceRange="bytes=0-9",
    )
    (part,) = s3.list_parts(**place)["Parts"]
    assert part["ChecksumCRC32"] == made["CopyPartResult"]["ChecksumCRC32"]
    whole = s3.complete_multipart_upload(
        **place, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    )
    assert whole["ChecksumCRC32"].endswith("-1")
    got = s3.get_object(Bucket=place["Bucket"], Key="copy", ChecksumMode="ENABLED")
    assert (got["ChecksumType"], got["ChecksumCRC32"]) == ("COMPOSITE", whole["ChecksumCRC32"])


TAGGING = "<Tagging><TagSet><Tag><Key>a&amp;b</Key><Value>1</Value></Tag></TagSet></Tagging>"


def posted(s3: Any, bucket: str, tagging: str) -> None:
    conditions = [["starts-with", "$tagging", ""]]
    post = s3.generate_presigned_post(bucket, "k", {"tagging": tagging}, conditions)
    parts = [
        f'--B\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in post["fields"].items()
    ]
    head = '--B\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
    body = "".join((*parts, head, "data", "\r\n--B--\r\n")).encode()
    request = urllib.request.Request(
        post["url"], body, {"Content-Type": "multipart/form-data; boundary=B"}
    )
    urllib.request.urlopen(request).close()


def test_a_form_gives_its_object_tags(s3: Any, bucket: str) -> None:
    posted(s3, bucket, TAGGING)
    found = s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"]
    assert found == [{"Key": "a&b", "Value": "1"}]
    for wrong in ("<Tagging>", "<Tags/>", TAGGING.replace("Value", "Worth")):
        with pytest.raises(urllib.error.HTTPError) as refused:
            posted(s3, bucket, wrong)
        assert refused.value.code == 400
        assert b"MalformedXML" in refused.value.read()


@pytest.mark.parametrize(
    ("tags", "code"),
    [
        ([("k", "1"), ("k", "2")], "InvalidTag"),
        ([("k" * 129, "")], "InvalidTag"),
        ([("k", "v" * 257)], "InvalidTag"),
        ([("aws:k", "")], "InvalidTag"),
        ([(str(number), "") for number in range(11)], "BadRequest"),
    ],
)
def test_tags_that_cannot_be_are_refused(
    s3: Any, bucket: str, tags: list[tuple[str, str]], code: str
) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"")
    given = [{"Key": key, "Value": value} for key, value in tags]
    with pytest.raises(ClientError) as refused:
        s3.put_object_tagging(Bucket=bucket, Key="k", Tagging={"TagSet": given})
    assert code_of(refused) == (400, code)


def test_an_object_under_a_key_of_the_callers_needs_that_key(s3: Any, bucket: str) -> None:
    mine, other = (
        {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": letter * 32} for letter in "ab"
    )
    put = s3.put_object(Bucket=bucket, Key="k", Body=b"secret", **mine)
    assert put["SSECustomerAlgorithm"] == "AES256" and "ServerSideEncryption" not in put
    place = {"Bucket": bucket, "Key": "k"}
    got = s3.get_object(**place, **mine)
    assert (got["Body"].read(), got["SSECustomerKeyMD5"]) == (b"secret", put["SSECustomerKeyMD5"])
    with pytest.raises(ClientError, match="stored using a form of Server Side Encryption"):
        s3.get_object(**place)
    with pytest.raises(ClientError) as refused:
        s3.get_object(**place, **other)
    assert code_of(refused) == (403, "AccessDenied")
    copy = {"Bucket": bucket, "Key": "copy", "CopySource": f"{bucket}/k"}
    with pytest.raises(ClientError, match="stored using a form of Server Side Encryption"):
        s3.copy_object(**copy)
    s3.copy_object(**copy, **{f"CopySource{name}": value for name, value in mine.items()})
    assert s3.get_object(Bucket=bucket, Key="copy")["Body"].read() == b"secret"
    with pytest.raises(ClientError, match="not applicable to this object"):
        s3.get_object(Bucket=bucket, Key="copy", **mine)


def test_the_owner_of_a_bucket_may_be_asked_for(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"", ExpectedBucketOwner="000000000000")
    for call, given in (
        (s3.put_object, {"Key": "k", "Body": b""}),
        (s3.list_objects_v2, {}),
        (s3.get_bucket_versioning, {}),
    ):
        with pytest.raises(ClientError) as refused:
            call(Bucket=bucket, ExpectedBucketOwner="111111111111", **given)
        assert code_of(refused) == (403, "AccessDenied")
    with pytest.raises(ClientError) as refused:
        s3.copy_object(
            Bucket=bucket,
            Key="copy",
            CopySource=f"{bucket}/k",
            ExpectedSourceBucketOwner="111111111111",
        )
    assert code_of(refused) == (403, "AccessDenied")


def test_buckets_are_listed_in_pages_and_made_with_tags(s3: Any) -> None:
    names = [f"paged-{number}" for number in range(3)]
    for name in names:
        s3.create_bucket(
            Bucket=name,
            ObjectOwnership="BucketOwnerPreferred",
            CreateBucketConfiguration={"Tags": [{"Key": "a", "Value": "1"}]},
        )
    pages = s3.get_paginator("list_buckets").paginate(
        Prefix="paged-", PaginationConfig={"PageSize": 2}
    )
    found = [[one["Name"] for one in page["Buckets"]] for page in pages]
    assert found == [names[:2], names[2:]]
    assert s3.list_buckets(BucketRegion="eu-west-1")["Buckets"] == []
    assert s3.get_bucket_tagging(Bucket=names[0])["TagSet"] == [{"Key": "a", "Value": "1"}]
    controls = s3.get_bucket_ownership_controls(Bucket=names[0])["OwnershipControls"]
    assert controls["Rules"] == [{"ObjectOwnership": "BucketOwnerPreferred"}]


def test_another_checksum_of_the_whole_is_refused(s3: Any, bucket: str) -> None:
    place = {"Bucket": bucket, "Key": "k"}
    upload = s3.create_multipart_upload(**place, ChecksumAlgorithm="SHA256")["UploadId"]
    part = s3.upload_part(
        **place, UploadId=upload, PartNumber=1, Body=b"x", ChecksumAlgorithm="SHA256"
    )
    done = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    with pytest.raises(ClientError) as refused:
        s3.complete_multipart_upload(
            **place, UploadId=upload, MultipartUpload=done, ChecksumSHA256="A" * 43 + "="
        )
    assert code_of(refused) == (400, "BadDigest")
    s3.complete_multipart_upload(**place, UploadId=upload, MultipartUpload=done)


def test_an_object_that_is_replaced_is_read_to_its_end(s3: Any, bucket: str) -> None:
    """Its parts are files, of which the last are not open yet when the new object comes."""
    upload = s3.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]
    named = {"Bucket": bucket, "Key": "k", "UploadId": upload}
    bodies = [letter * 5 * 1024 * 1024 for letter in (b"a", b"b", b"c", b"d")]
    parts = [
        {
            "PartNumber": number,
            "ETag": s3.upload_part(**named, PartNumber=number, Body=body)["ETag"],
        }
        for number, body in enumerate(bodies, 1)
    ]
    s3.complete_multipart_upload(**named, MultipartUpload={"Parts": parts})
    body = s3.get_object(Bucket=bucket, Key="k")["Body"]
    assert body.read(1) == b"a"
    s3.put_object(Bucket=bucket, Key="k", Body=b"new")
    assert b"a" + body.read() == b"".join(bodies)
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"new"


def test_copies_that_fail_leave_no_file_and_none_holds_up_the_engine(
    mill: TestEngine, s3: Any, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"x" * 100_000)
    copied, threads = bodies.copied, []

    def noting(*given: Any) -> Any:
        threads.append(threading.current_thread().name)
        return copied(*given)

    monkeypatch.setattr(bodies, "copied", noting)
    files = set((mill.inner.data.path / "blobs").glob("??/*"))
    for key in ("k" * 1_025, "copy"):
        with contextlib.suppress(ClientError):
            s3.copy_object(Bucket=bucket, Key=key, CopySource={"Bucket": bucket, "Key": "k"})
    # A body of five gigabytes takes its time: the event loop must not wait for it.
    assert threads == ["writer", "writer"]
    assert len(set((mill.inner.data.path / "blobs").glob("??/*")) - files) == 1
