"""Our decoders against botocore's serializers, our encoders against botocore's parsers."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from botocore import parsers, serialize
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eventmill.kernel.errors import Fault, Invalid
from eventmill.wire import HttpRequest, decode, encode, encode_fault, identify
from eventmill.wire.models import metadata, service_model
from eventmill.wire.target import target

OPERATIONS = [
    ("sqs", "SendMessage"),
    ("sqs", "SendMessageBatch"),
    ("sqs", "ReceiveMessage"),
    ("dynamodb", "PutItem"),
    ("dynamodb", "Query"),
    ("dynamodb", "TransactWriteItems"),
    ("sns", "Publish"),
    ("sns", "PublishBatch"),
    ("sns", "GetTopicAttributes"),
    ("lambda", "CreateFunction"),
    ("lambda", "CreateEventSourceMapping"),
    ("events", "PutEvents"),
    ("events", "PutTargets"),
    ("logs", "FilterLogEvents"),
    ("kinesis", "PutRecords"),
    ("iam", "CreateRole"),
    ("sts", "GetCallerIdentity"),
    ("apigatewayv2", "CreateRoute"),
    ("cloudwatch", "PutMetricData"),
    ("s3", "ListObjectsV2"),
    ("s3", "PutBucketNotificationConfiguration"),
    ("s3", "CompleteMultipartUpload"),
    ("s3", "DeleteObjects"),
]
TEXT = st.text(
    st.characters(codec="utf-8", min_codepoint=33, max_codepoint=0x2FF), min_size=1, max_size=6
)
NAME = st.text("abcxyz", min_size=1, max_size=4)


def values(shape: Any, depth: int = 0) -> st.SearchStrategy[Any]:
    """Values of a shape, as botocore's users write them."""
    kind = shape.type_name
    if kind == "structure":
        if depth > 4:
            return st.just({})
        required = {
            name: values(member, depth + 1)
            for name, member in shape.members.items()
            if name in shape.required_members
        }
        optional = {
            name: values(member, depth + 1)
            for name, member in list(shape.members.items())[:8]
            if name not in shape.required_members
        }
        if getattr(shape, "is_tagged_union", False):
            return st.one_of([st.fixed_dictionaries({k: v}) for k, v in optional.items()])
        return st.fixed_dictionaries(required, optional=optional)
    if kind == "list":
        return st.lists(values(shape.member, depth + 1), min_size=1, max_size=2)
    if kind == "map":
        return st.dictionaries(NAME, values(shape.value, depth + 1), min_size=1, max_size=2)
    if kind == "blob":
        return st.binary(min_size=1, max_size=5)
    if kind == "timestamp":
        moment = st.integers(1_000_000_000, 2_000_000_000)
        return moment.map(lambda s: datetime.datetime.fromtimestamp(s, datetime.UTC))
    simple = {
        "string": st.sampled_from(shape.enum) if kind == "string" and shape.enum else NAME,
        "integer": st.integers(1, 1000),
        "long": st.integers(1, 1000),
        "float": st.integers(1, 1000).map(float),
        "double": st.integers(1, 1000).map(float),
        "boolean": st.booleans(),
    }
    return simple[kind]


def plain(value: Any) -> Any:
    """Timestamps as epoch seconds, as our side has them; empty structures left out."""
    if isinstance(value, datetime.datetime):
        return value.timestamp()
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items() if k != "ResponseMetadata"}
    return [plain(v) for v in value] if isinstance(value, list) else value


def no_empty(value: Any) -> Any:
    """Empty structures and lists cannot be told from absent ones in XML and query."""
    if isinstance(value, dict):
        cleaned = {k: no_empty(v) for k, v in value.items()}
        return {k: v for k, v in cleaned.items() if v not in ({}, [])}
    return [no_empty(v) for v in value] if isinstance(value, list) else value


def request_of(service: str, protocol: str, serialized: dict[str, Any]) -> HttpRequest:
    from urllib.parse import quote, urlencode

    body = serialized["body"]
    headers = {k.lower(): v for k, v in serialized["headers"].items()}
    if isinstance(body, dict):
        body = urlencode(body).encode()
        headers["content-type"] = "application/x-www-form-urlencoded"
    body = body.encode() if isinstance(body, str) else body
    path, _, fixed = serialized["url_path"].partition("?")
    query = serialized["query_string"]
    pairs = list(query.items()) if isinstance(query, dict) else list(query)
    text = "&".join(part for part in (fixed, urlencode(pairs, doseq=True)) if part)
    signing = metadata(service).get("signingName") or metadata(service)["endpointPrefix"]
    headers["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential=K/20260101/us-east-1/{signing}/aws4_request, "
        "SignedHeaders=host, Signature=00"
    )
    return HttpRequest(
        serialized["method"], quote(path, safe="/%~-_.+:$"), text, headers, body or b""
    )


@pytest.mark.parametrize(("service", "operation"), OPERATIONS)
def test_requests(service: str, operation: str) -> None:
    model = service_model(service).operation_model(operation)
    protocol = metadata(service)["protocol"]
    serializer = serialize.create_serializer(protocol, include_validation=False)
    shape = model.input_shape
    strategy = values(shape) if shape is not None else st.just({})

    @settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
    @given(strategy)
    def check(params: dict[str, Any]) -> None:
        request = request_of(service, protocol, serializer.serialize_to_request(params, model))
        found, labels = identify(request)
        assert (found.service, found.operation) == (service, operation)
        assert no_empty(decode(found, request, labels)) == no_empty(plain(params))

    check()


@pytest.mark.parametrize(("service", "operation"), OPERATIONS)
def test_results(service: str, operation: str) -> None:
    model = service_model(service).operation_model(operation)
    shape = model.output_shape
    if shape is None:
        pytest.skip("no result")
    made = target(service, operation)
    parser = parsers.create_parser(made.protocol)

    @settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
    @given(values(shape))
    def check(result: dict[str, Any]) -> None:
        response = encode(made, plain(result), "id")
        headers = {name.lower(): value for name, value in response.headers}
        parsed = parser.parse(
            {"status_code": response.status, "headers": headers, "body": response.body}, shape
        )
        assert no_empty(plain(parsed)) == no_empty(plain(result))

    check()


@pytest.mark.parametrize("service", ["sqs", "dynamodb", "sns", "lambda", "s3", "cloudwatch"])
def test_faults(service: str) -> None:
    operation = service_model(service).operation_names[0]
    made = target(service, operation)
    response = encode_fault(made, Fault("SomeCode", "some <text>", status=418), "id")
    parser = parsers.create_parser(made.protocol)
    headers = {name.lower(): value for name, value in response.headers}
    parsed = parser.parse(
        {"status_code": response.status, "headers": headers, "body": response.body}, None
    )
    assert parsed["Error"]["Code"] == "SomeCode"
    assert parsed["Error"]["Message"] == "some <text>"
    assert response.status == 418


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"x-amz-target": "AmazonSQS.SendMessage"}, b"{not json"),
        ({"x-amz-target": "AmazonSQS.SendMessage"}, b'["a list"]'),
        ({"x-amz-target": "AmazonSQS.SendMessage"}, b'{"QueueUrl": 5, "MessageBody": "m"}'),
        ({"x-amz-target": "AmazonSQS.SendMessage"}, b"{}"),
        (
            {"x-amz-target": "DynamoDB_20120810.PutItem"},
            b'{"TableName": "t", "Item": {"a": {"B": "*"}}}',
        ),
        ({"content-type": "application/x-www-form-urlencoded"}, b"Action=Publish"),
        ({"x-amz-target": "AmazonSQS.NoSuchOperation"}, b"{}"),
        ({"x-amz-target": "NoSuchService.X"}, b"{}"),
        ({"smithy-protocol": "rpc-v2-cbor"}, b"\xff\xff"),
    ],
)
def test_malformed_requests_are_faults(headers: dict[str, str], body: bytes) -> None:
    request = HttpRequest("POST", "/", "", headers, body)
    with pytest.raises(Invalid):
        found, labels = identify(request)
        decode(found, request, labels)
