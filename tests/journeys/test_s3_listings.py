"""Listings of keys, versions, uploads and parts: their pages, and how they fold and write keys."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

from eventmill.testing import TestEngine, engine

LISTINGS = [
    ("list_objects_v2", "Contents"),
    ("list_objects", "Contents"),
    ("list_object_versions", "Versions"),
    ("list_multipart_uploads", "Uploads"),
]
"""Operations that list, and the member of their answers that has the entries."""


@pytest.fixture(scope="module")
def mill() -> Iterator[TestEngine]:
    with engine() as running:
        yield running


@pytest.fixture
def s3(mill: TestEngine) -> Any:
    return mill.client("s3")


@pytest.fixture
def bucket(s3: Any) -> str:
    """A new bucket with versions."""
    name = uuid4().hex
    s3.create_bucket(Bucket=name)
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    return name


def put(s3: Any, bucket: str, *keys: str) -> None:
    for key in keys:
        s3.put_object(Bucket=bucket, Key=key, Body=b"")


def paged(s3: Any, operation: str, size: int, **request: Any) -> list[dict[str, Any]]:
    pages = s3.get_paginator(operation).paginate(**request, PaginationConfig={"PageSize": size})
    return list(pages)


def folded(pages: list[dict[str, Any]], member: str) -> list[str]:
    """Keys, and common prefixes in brackets, in the order of the pages."""
    found = []
    for page in pages:
        entries = [entry["Key"] for entry in page.get(member, ())]
        entries += [f"[{entry['Prefix']}]" for entry in page.get("CommonPrefixes", ())]
        found += sorted(entries, key=lambda text: text.strip("[]"))
    return found


KEYS = ("a", "b/1", "b/2", "b/3", "c", "d/x/1", "d/y", "e")


@pytest.fixture(scope="module")
def folders(mill: TestEngine) -> str:
    """A bucket with objects and uploads under all of KEYS."""
    s3 = mill.client("s3")
    s3.create_bucket(Bucket="folders")
    put(s3, "folders", *KEYS)
    for key in KEYS:
        s3.create_multipart_upload(Bucket="folders", Key=key)
    return "folders"


@pytest.mark.parametrize("size", range(1, 9))
@pytest.mark.parametrize(("operation", "member"), LISTINGS)
def test_pages_of_every_size_give_each_folder_once(
    s3: Any, folders: str, size: int, operation: str, member: str
) -> None:
    pages = paged(s3, operation, size, Bucket=folders, Delimiter="/")
    assert folded(pages, member) == ["a", "[b/]", "c", "[d/]", "e"]
    assert len(pages) == -(-5 // size)
    pages = paged(s3, operation, size, Bucket=folders, Delimiter="/", Prefix="d/")
    assert folded(pages, member) == ["[d/x/]", "d/y"]


def test_a_page_that_ends_with_the_last_folder_is_the_last(s3: Any, bucket: str) -> None:
    put(s3, bucket, "a", "b/1", "b/2")
    page = s3.list_objects_v2(Bucket=bucket, Delimiter="/", MaxKeys=2)
    assert (page["IsTruncated"], page["KeyCount"]) == (False, 2)
    assert "NextContinuationToken" not in page
    assert s3.list_objects_v2(Bucket=bucket, MaxKeys=0)["IsTruncated"] is False


def test_a_token_goes_before_start_after(s3: Any, bucket: str) -> None:
    put(s3, bucket, *"abcd")
    first = s3.list_objects_v2(Bucket=bucket, StartAfter="a", MaxKeys=1)
    assert (first["StartAfter"], first["Contents"][0]["Key"]) == ("a", "b")
    token = first["NextContinuationToken"]
    second = s3.list_objects_v2(Bucket=bucket, StartAfter="a", ContinuationToken=token)
    assert [entry["Key"] for entry in second["Contents"]] == ["c", "d"]
    assert second["ContinuationToken"] == token
    for wrong in ("", "&&&"):
        with pytest.raises(ClientError, match="continuation token provided is incorrect"):
            s3.list_objects_v2(Bucket=bucket, ContinuationToken=wrong)


ODD = ("a b", "a%20b", "a+b", "ä&<", "dir %2F/x")


@pytest.mark.parametrize(("operation", "member"), LISTINGS)
def test_keys_come_back_as_they_are(s3: Any, bucket: str, operation: str, member: str) -> None:
    put(s3, bucket, *ODD)
    for key in ODD:
        s3.create_multipart_upload(Bucket=bucket, Key=key)
    assert folded(paged(s3, operation, 2, Bucket=bucket), member) == sorted(ODD)
    page = getattr(s3, operation)(Bucket=bucket, EncodingType="url", Prefix="a%")
    assert [entry["Key"] for entry in page[member]] == ["a%2520b"]
    with pytest.raises(ClientError, match="Invalid Encoding Method"):
        getattr(s3, operation)(Bucket=bucket, EncodingType="base64")


def test_a_page_of_versions_goes_on_behind_its_last(s3: Any, bucket: str) -> None:
    put(s3, bucket, "k", "k", "k", "l")
    s3.delete_object(Bucket=bucket, Key="k")
    found = s3.list_object_versions(Bucket=bucket)
    versions = [entry["VersionId"] for entry in found["Versions"] if entry["Key"] == "k"]
    (marker,) = found["DeleteMarkers"]
    page = s3.list_object_versions(
        Bucket=bucket, KeyMarker="k", VersionIdMarker=versions[0], MaxKeys=1
    )
    assert [entry["VersionId"] for entry in page["Versions"]] == [versions[1]]
    assert (page["NextKeyMarker"], page["NextVersionIdMarker"]) == ("k", versions[1])
    assert (page["KeyMarker"], page["VersionIdMarker"]) == ("k", versions[0])
    behind = s3.list_object_versions(
        Bucket=bucket, KeyMarker="k", VersionIdMarker=marker["VersionId"]
    )
    assert len(behind["Versions"]) == 4
    assert [
        e["Key"] for e in s3.list_object_versions(Bucket=bucket, KeyMarker="k")["Versions"]
    ] == ["l"]
    with pytest.raises(ClientError, match="cannot be specified without a key marker"):
        s3.list_object_versions(Bucket=bucket, VersionIdMarker=versions[0])


def test_uploads_of_one_key_are_paged_by_when_they_began(s3: Any, bucket: str) -> None:
    made = [s3.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"] for _ in range(3)]
    s3.create_multipart_upload(Bucket=bucket, Key="l", StorageClass="STANDARD_IA")
    page = s3.list_multipart_uploads(Bucket=bucket, MaxUploads=2)
    assert (page["IsTruncated"], page["MaxUploads"]) == (True, 2)
    assert (page["NextKeyMarker"], page["NextUploadIdMarker"]) == ("k", made[1])
    assert [entry["UploadId"] for entry in page["Uploads"]] == made[:2]
    rest = s3.list_multipart_uploads(Bucket=bucket, KeyMarker="k", UploadIdMarker=made[1])
    assert [entry["Key"] for entry in rest["Uploads"]] == ["k", "l"]
    assert rest["Uploads"][0]["UploadId"] == made[2]
    assert rest["Uploads"][1]["StorageClass"] == "STANDARD_IA"
    later = s3.list_multipart_uploads(Bucket=bucket, KeyMarker="k")
    assert [entry["Key"] for entry in later["Uploads"]] == ["l"]
    alone = s3.list_multipart_uploads(Bucket=bucket, UploadIdMarker=made[1])
    assert len(alone["Uploads"]) == 4


def test_parts_are_paged_by_number(s3: Any, bucket: str) -> None:
    place = {"Bucket": bucket, "Key": "k"}
    place["UploadId"] = s3.create_multipart_upload(**place, ChecksumAlgorithm="SHA256")["UploadId"]
    for number in (7, 1, 4):
        s3.upload_part(**place, PartNumber=number, Body=b"x", ChecksumAlgorithm="SHA256")
    page = s3.list_parts(**place, MaxParts=2)
    assert [part["PartNumber"] for part in page["Parts"]] == [1, 4]
    assert (page["IsTruncated"], page["NextPartNumberMarker"]) == (True, 4)
    assert (page["ChecksumAlgorithm"], page["StorageClass"]) == ("SHA256", "STANDARD")
    digest = base64.b64encode(hashlib.sha256(b"x").digest()).decode()
    assert page["Parts"][0]["ChecksumSHA256"] == digest
    rest = s3.list_parts(**place, PartNumberMarker=4)
    assert [part["PartNumber"] for part in rest["Parts"]] == [7]
    assert (rest["IsTruncated"], rest["PartNumberMarker"]) == (False, 4)
    assert "Parts" not in s3.list_parts(**place, MaxParts=0)
