"""Function URLs and streamed answers, through plain HTTP clients and boto3."""

from __future__ import annotations

import base64
import http.client
import json
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from eventmill.config import ACCESS_KEY, SECRET_KEY
from eventmill.testing import engine
from tests.journeys.rest_client import ask, fetch
from tests.shape import assert_shape, recorded

APP = Path(__file__).parents[1] / "apps" / "url"
OWN = Credentials(ACCESS_KEY, SECRET_KEY)


@pytest.fixture(scope="module")
def app():
    with engine() as running:
        running.deploy(APP)
        yield running


def signed(url: str, body: bytes = b"", *, service: str = "lambda", who: Credentials = OWN) -> Any:
    request = AWSRequest("POST", url, data=body, headers={"content-type": "text/plain"})
    SigV4Auth(who, service, "us-east-1").add_auth(request)
    return fetch(url, "POST", body, **dict(request.headers.items()))


def test_the_event_is_aws_s_field_by_field(app) -> None:
    status, headers, body = fetch(
        f"{app.outputs['Open']}my/path%20x?a=1&a=2&b=3",
        "POST",
        b'{"a": 1}\n',
        Cookie="c1=v; c2=v",
        Content_Type="application/json",
    )
    assert status == 200 and headers["content-type"] == "application/json"
    assert headers["x-amzn-requestid"] == json.loads(body)["requestContext"]["requestId"]
    assert_shape(json.loads(body), recorded("url.request"))


@pytest.mark.parametrize(
    ("kind", "encoded"),
    [
        ("text/plain; charset=utf-8", False),
        ("application/problem+json", False),
        ("application/x-www-form-urlencoded", True),
        ("multipart/form-data; boundary=x", True),
        ("image/png", True),
    ],
)
def test_bodies_that_are_not_text_arrive_in_base64(app, kind: str, encoded: bool) -> None:
    event = json.loads(fetch(app.outputs["Open"], "POST", b"a=1", Content_Type=kind)[2])
    assert event["isBase64Encoded"] is encoded
    assert event["body"] == (base64.b64encode(b"a=1").decode() if encoded else "a=1")


def test_the_function_learns_that_the_client_spoke_tls(app) -> None:
    address = app.outputs["Open"].replace("http:", "https:")
    trust = app.inner.data.path / "tls" / "authority.pem"
    headers = ask(address, headers={"Host": "[::1]"}, trust=trust).json["headers"]
    assert (headers["x-forwarded-proto"], headers["x-forwarded-port"]) == ("https", "443")


def test_what_is_absent_is_left_out(app) -> None:
    event = json.loads(fetch(app.outputs["Open"])[2])
    assert not {"body", "cookies", "queryStringParameters", "pathParameters"} & set(event)
    assert event["rawPath"] == "/" and event["rawQueryString"] == ""


def test_a_host_of_aws_s_form_leads_to_the_same_function(app) -> None:
    url_id = app.outputs["Open"].rstrip("/").rpartition("/")[2]
    host = f"{url_id}.lambda-url.us-east-1.on.aws"
    event = json.loads(fetch(f"{app.endpoint}/a/b", Host=host)[2])
    assert event["rawPath"] == "/a/b" and event["requestContext"]["domainName"] == host


@pytest.mark.parametrize(
    ("wanted", "status", "kind", "body"),
    [
        ("text", 200, "application/json", b"hello"),
        ("number", 200, "application/json", b"7"),
        ("object", 200, "application/json", b'{"a": 1}'),
        ("nothing", 200, "application/json", b"null"),
        ("whole", 201, "text/plain", b"hi"),
        ("bad", 502, "application/json", b"Internal Server Error"),
        ("raise", 502, "application/json", b"Internal Server Error"),
        ("sleep", 502, "application/json", b"Internal Server Error"),
    ],
)
def test_what_a_function_returns_becomes_the_answer(app, wanted, status, kind, body) -> None:
    given, headers, text = fetch(f"{app.outputs['Open']}?as={wanted}")
    assert (given, headers["content-type"], text) == (status, kind, body)
    if wanted == "whole":
        assert headers["x-total"] == "3"
        assert headers.get_all("set-cookie") == ["a=1", "b=2"]


def test_cors_is_lambda_s_where_it_is_configured(app) -> None:
    url, page = app.outputs["Open"], "https://shop.example"
    status, headers, body = fetch(url, "OPTIONS", Origin=page, Access_Control_Request_Method="POST")
    assert (status, body) == (200, b"")
    assert headers["access-control-allow-origin"] == page
    assert headers["access-control-allow-methods"] == "GET,POST"
    assert headers["access-control-allow-headers"] == "content-type"
    assert headers["access-control-allow-credentials"] == "true"
    assert headers["access-control-max-age"] == "600"
    _, headers, _ = fetch(f"{url}?as=whole", Origin=page)
    assert headers.get_all("access-control-allow-origin") == [page]
    assert headers["access-control-expose-headers"] == "x-total"
    _, headers, _ = fetch(url, Origin="https://other.example")
    assert "access-control-allow-origin" not in headers


def test_a_url_needs_a_policy_even_without_authentication(app) -> None:
    status, headers, body = fetch(app.outputs["Closed"])
    assert status == 403 and headers["x-amzn-errortype"] == "AccessDeniedException"
    assert json.loads(body)["Message"].startswith("Forbidden. For troubleshooting")
    assert fetch(f"{app.endpoint}/_aws/lambda-url/{'a' * 32}/")[0] == 404


def test_a_signed_url_takes_signatures_for_lambda_alone(app) -> None:
    url = f"{app.outputs['Signed']}a%20b?z=1&b=%2F"
    status, _, body = signed(url, b"hello")
    event = json.loads(body)
    assert status == 200 and event["body"] == "hello"
    context = event["requestContext"]
    assert context["accountId"] == "000000000000"
    assert_shape(
        context["authorizer"],
        {
            "iam": {
                "accessKey": ACCESS_KEY,
                "accountId": "000000000000",
                "callerId": ACCESS_KEY,
                "cognitoIdentity": None,
                "principalOrgId": None,
                "userArn": "arn:aws:iam::000000000000:root",
                "userId": ACCESS_KEY,
            }
        },
    )
    assert fetch(url)[0] == 403
    assert signed(url, service="execute-api")[0] == 403
    assert signed(url, who=Credentials(ACCESS_KEY, "wrong"))[0] == 403
    assert signed(url, who=Credentials("AKIAOTHER", "x"))[0] == 403


def test_a_presigned_url_and_a_body_that_is_not_the_signed_one(app) -> None:
    request = AWSRequest("GET", app.outputs["Signed"], params={"as": "text"})
    SigV4QueryAuth(OWN, "lambda", "us-east-1", expires=60).add_auth(request)
    assert fetch(request.url)[::2] == (200, b"hello")
    request = AWSRequest("POST", app.outputs["Signed"], data=b"one")
    SigV4Auth(OWN, "lambda", "us-east-1").add_auth(request)
    assert fetch(app.outputs["Signed"], "POST", b"two", **dict(request.headers.items()))[0] == 403


def test_no_concurrency_left_is_a_429(app) -> None:
    client, name = app.client("lambda"), app.outputs["OpenName"]
    client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    status, headers, _ = fetch(app.outputs["Open"])
    client.delete_function_concurrency(FunctionName=name)
    assert status == 429 and headers["x-amzn-errortype"] == "TooManyRequestsException"


def test_a_request_over_six_megabytes_is_refused(app) -> None:
    assert fetch(app.outputs["Open"], "POST", bytes(6_291_457), Content_Type="a/b")[0] == 413


def stream(url: str) -> http.client.HTTPResponse:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=20)
    connection.request("GET", f"{parts.path}?{parts.query}")
    return connection.getresponse()


def test_a_streamed_answer_comes_piece_by_piece(app) -> None:
    answer = stream(f"{app.outputs['Streamed']}?count=3&wait=0.4")
    assert answer.status == 202 and answer.headers["x-kind"] == "stream"
    assert answer.headers["set-cookie"] == "c=1"
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.read1(1) == b"0"
    first = time.monotonic()
    assert answer.read() == b"12"
    # The function takes 0.8 s from its first piece to its end; gathered pieces come together.
    assert time.monotonic() - first > 0.2


def until_alone(app: Any) -> None:
    """Until at most one function runs: answers come before their environments are free."""
    deadline = time.monotonic() + 20
    while app.inner.processes.running > 1:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_client_that_does_not_read_holds_the_function_up_and_not_the_engine(app) -> None:
    url = f"{app.outputs['Streamed']}?size=100000"
    answer = stream(f"{url}&count=400")
    assert answer.read(5) == b"00000"
    assert len(stream(f"{url}&count=100").read()) == 100 * 100_000, "who reads is not held up"
    assert fetch(app.outputs["Open"])[0] == 200
    until_alone(app)
    assert app.inner.processes.running == 1
    assert len(answer.read()) == 400 * 100_000 - 5


def test_a_streamed_answer_that_breaks_off_is_cut_short(app) -> None:
    for end in ("fail", "exit"):
        answer = stream(f"{app.outputs['Streamed']}?end={end}")
        with pytest.raises(http.client.IncompleteRead):
            answer.read()


def events_of(app: Any, **asked: Any) -> tuple[bytes, dict[str, Any]]:
    answer = app.client("lambda").invoke_with_response_stream(
        FunctionName=app.outputs["StreamedName"], Payload=json.dumps(asked), LogType="Tail"
    )
    assert answer["StatusCode"] == 200 and answer["ExecutedVersion"] == "$LATEST"
    pieces, last = b"", {}
    for event in answer["EventStream"]:
        pieces += event.get("PayloadChunk", {}).get("Payload", b"")
        last = event.get("InvokeComplete", last)
    return pieces, last


def test_the_api_streams_and_tells_how_it_ended(app) -> None:
    pieces, last = events_of(app, count=20, size=50_000)
    assert len(pieces) == 1_000_000 and "ErrorCode" not in last
    assert b"REPORT RequestId" in base64.b64decode(last["LogResult"])
    pieces, last = events_of(app, end="fail")
    assert pieces == b"012" and last["ErrorCode"] == "Unhandled"
    assert json.loads(last["ErrorDetails"])["errorMessage"] == "broke off"
    pieces, last = events_of(app, end="sleep")
    assert pieces == b"012"
    assert json.loads(last["ErrorDetails"])["errorType"] == "Sandbox.Timedout"


def test_a_plain_invocation_of_a_streaming_function_gathers_its_answer(app) -> None:
    client, name = app.client("lambda"), app.outputs["StreamedName"]
    answer = client.invoke(FunctionName=name, Payload=b'{"count": 4}')
    assert answer["Payload"].read() == b"0123"
    answer = client.invoke(FunctionName=name, Payload=b'{"end": "fail"}')
    assert answer["FunctionError"] == "Unhandled"
    assert json.loads(answer["Payload"].read())["errorMessage"] == "broke off"
    large = client.invoke(FunctionName=name, Payload=b'{"count": 70, "size": 100000}')
    assert json.loads(large["Payload"].read())["errorType"] == "Function.ResponseSizeTooLarge"


def test_a_function_that_does_not_stream_answers_in_one_piece(app) -> None:
    client, name = app.client("lambda"), app.outputs["OpenName"]
    answer = client.invoke_with_response_stream(FunctionName=name, Payload=b'{"x": 1}')
    chunk, last = list(answer["EventStream"])
    assert json.loads(chunk["PayloadChunk"]["Payload"])["body"] == {"x": 1}
    assert last == {"InvokeComplete": {}}
    with pytest.raises(ClientError) as refused:
        client.invoke_with_response_stream(FunctionName="absent")
    assert refused.value.response["Error"]["Code"] == "ResourceNotFoundException"
