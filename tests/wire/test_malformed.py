"""Malformed requests over HTTP: a clear answer in the protocol's own form, and the engine lives."""

from __future__ import annotations

import json
import urllib.error
import urllib.request

import pytest


def send(endpoint: str, service: str, method: str, path: str, body: bytes) -> tuple[int, bytes]:
    scope = f"test/20260101/us-east-1/{service}/aws4_request"
    signed = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=x"
    headers = {"Authorization": signed, "Content-Type": "application/octet-stream"}
    request = urllib.request.Request(endpoint + path, body, headers, method=method)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


@pytest.mark.parametrize("body", [b'{"FunctionName": ', b"[1]", b"\xff\xfe", b'"text"'])
def test_rest_json(eventmill, body: bytes) -> None:
    path = "/2015-03-31/functions"
    status, said = send(eventmill.endpoint, "lambda", "POST", path, body)
    assert status == 400 and json.loads(said)["message"]
    assert eventmill.client("lambda").list_functions()["Functions"] == []


@pytest.mark.parametrize("body", [b"<Delete><Object>", b"<x/>", b"not xml", b"\xff\xfe"])
def test_rest_xml(eventmill, body: bytes) -> None:
    s3 = eventmill.client("s3")
    s3.create_bucket(Bucket="bucket")
    status, said = send(eventmill.endpoint, "s3", "POST", "/bucket?delete", body)
    assert status == 400 and b"<Code>MalformedXML</Code>" in said
    assert "Contents" not in s3.list_objects_v2(Bucket="bucket")
