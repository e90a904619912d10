"""REST APIs with Lambda proxy integrations: the event, the answer, and what goes wrong."""

from __future__ import annotations

import base64
import http.client
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eventmill.testing import engine
from tests.journeys.rest_client import Answer, ask
from tests.shape import assert_shape, recorded

APP = Path(__file__).parents[1] / "apps" / "rest"


@pytest.fixture(scope="module")
def app():
    with engine() as running:
        running.deploy(APP)
        yield running


def answered(app: Any, wanted: Any, **headers: str) -> Answer:
    """What the client gets when the function returns `wanted`."""
    return ask(f"{app.outputs['ImagesUrl']}/answer", "POST", headers, json.dumps(wanted))


def test_the_function_gets_the_recorded_event(app) -> None:
    sent = [("tEsT-HEADeR", "v1"), ("tEsT-HEADeR", "last value"), ("User-Agent", "journey")]
    answer = ask(f"{app.outputs['Url']}/pets/7%2F8?k=first&k=last+one&empty=", headers=sent)
    assert answer.status == 200
    assert_shape(answer.json, recorded("rest.proxy"))
    assert answer["content-type"] == "application/json"
    assert answer["x-amzn-requestid"] == answer.json["requestContext"]["requestId"]
    assert answer["x-amz-apigw-id"] == answer.json["requestContext"]["extendedRequestId"]
    assert answer["x-amzn-trace-id"] == answer.json["headers"]["X-Amzn-Trace-Id"]


def test_the_function_learns_that_the_client_spoke_tls(app) -> None:
    address = app.outputs["Url"].replace("http:", "https:")
    trust = app.inner.data.path / "tls" / "authority.pem"
    headers = ask(f"{address}/pets", trust=trust).json["headers"]
    assert headers["X-Forwarded-Proto"] == "https"
    named = ask(f"{address}/pets", headers={"Host": "[::1]"}, trust=trust).json["headers"]
    assert named["X-Forwarded-Port"] == "443"


def test_a_trace_that_the_client_brings_is_carried_on(app) -> None:
    trace = "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1"
    answer = ask(f"{app.outputs['Url']}/pets", headers={"X-Amzn-Trace-Id": trace})
    assert answer["x-amzn-trace-id"] == trace
    assert answer.json["headers"]["X-Amzn-Trace-Id"] == trace


def test_bodies_and_stage_variables(app) -> None:
    event = ask(f"{app.outputs['Url']}/pets", "POST", body='{"a": "é"}').json
    assert (event["body"], event["isBase64Encoded"]) == ('{"a": "é"}', False)
    answer = answered(app, {"statusCode": 200, "body": "ok"})
    assert (answer.status, answer.body) == (200, b"ok")


def test_greedy_paths_take_every_method_and_literals_come_first(app) -> None:
    url = app.outputs["Url"]
    event = ask(f"{url}/files/a/b%20c.txt", "DELETE").json
    assert event["resource"] == "/files/{proxy+}"
    assert event["pathParameters"] == {"proxy": "a/b%20c.txt"}
    assert ask(f"{url}/pets/").json["resource"] == "/pets"


@pytest.mark.parametrize("path", ["/nothing", "/files", "/pets/1/2"])
def test_what_is_no_route_lacks_a_token(app, path: str) -> None:
    answer = ask(app.outputs["Url"] + path)
    assert (answer.status, answer.json) == (403, {"message": "Missing Authentication Token"})
    assert answer["x-amzn-errortype"] == "MissingAuthenticationTokenException"


def test_an_api_answers_by_its_host_too(app) -> None:
    host = {"Host": f"{app.outputs['Api']}.execute-api.localhost:4566"}
    event = ask(f"{app.endpoint}/Prod/pets", headers=host).json
    assert (event["path"], event["requestContext"]["stage"]) == ("/pets", "Prod")


@settings(max_examples=60, deadline=None)
@given(st.text("ab%/{}.+~$;:@", max_size=12), st.text("ab=&%+[]", max_size=12))
def test_every_path_and_query_gets_an_answer(app, path: str, query: str) -> None:
    answer = ask(f"{app.outputs['DocumentedUrl']}/documented/{path}?{query}")
    assert answer.status in (200, 403)


def test_an_unknown_stage_is_forbidden(app) -> None:
    answer = ask(app.outputs["Url"].replace("/Prod", "/Test"))
    assert (answer.status, answer.json) == (403, {"message": "Forbidden"})


def test_an_answer_with_all_its_forms(app) -> None:
    answer = answered(
        app,
        {
            "statusCode": "201",
            "headers": {"X-Number": 1, "X-True": True, "value": "solo", "Date": "today"},
            "multiValueHeaders": {"VALUE": ["multi"], "Set-Cookie": ["a=1", "b=2"]},
        },
    )
    assert (answer.status, answer.body) == (201, b"")
    assert (answer["X-Number"], answer["X-True"]) == ("1", "true")
    assert answer.all("value") == ["multi", "solo"]
    assert answer.all("set-cookie") == ["a=1", "b=2"]
    assert answer["x-amzn-remapped-date"] == "today"
    assert answered(app, {"statusCode": 200, "headers": None, "body": 5}).body == b"5"


def test_answers_that_could_break_the_connection(app) -> None:
    empty = answered(app, {"statusCode": 204, "body": "{}"})
    assert (empty.status, empty.body) == (204, b"")
    odd = answered(app, {"statusCode": 200, "headers": {"a": "x\r\nSet-Cookie: y", "ü b": "z"}})
    assert (odd.status, odd["a"], odd["set-cookie"]) == (200, "xSet-Cookie: y", None)
    assert ask(f"{app.outputs['Url']}/pets?q=%ff%zz").json["queryStringParameters"]["q"]


@pytest.mark.parametrize("wanted", [{}, {"body": "x"}, {"headers": {"a": "b"}, "body": "x"}])
def test_an_answer_that_names_no_status_is_a_success(app, wanted: dict[str, Any]) -> None:
    answer = answered(app, wanted)
    assert (answer.status, answer.body) == (200, wanted.get("body", "").encode())
    assert answer["a"] == wanted.get("headers", {}).get("a")


@pytest.mark.parametrize(
    "wanted",
    [
        "raise",
        None,
        "text",
        {"message": "no member of an answer"},
        {"statusCode": None},
        {"statusCode": 200, "other": 1},
        {"statusCode": 200, "body": {"an": "object"}},
        {"statusCode": "many"},
        {"statusCode": 101},
        {"statusCode": 200, "multiValueHeaders": {"a": "no list"}},
        {"statusCode": 200, "headers": {"a": ["list"]}},
    ],
)
def test_a_malformed_answer_is_a_bad_gateway(app, wanted: Any) -> None:
    answer = answered(app, wanted)
    assert (answer.status, answer.json) == (502, {"message": "Internal server error"})
    assert answer["x-amzn-errortype"] == "InternalServerErrorException"


def test_binary_bodies_both_ways(app) -> None:
    url, pixels = f"{app.outputs['ImagesUrl']}/answer", bytes(range(256))
    sent = {"Content-Type": "image/png"}
    assert ask(url, "POST", sent | {"Accept": "image/png"}, pixels).body == pixels
    # Who does not ask for it gets the text as the function gave it.
    assert ask(url, "POST", sent | {"Accept": "*/*"}, pixels).body == base64.b64encode(pixels)


def test_an_answer_that_comes_in_pieces(app) -> None:
    url = f"{app.outputs['ImagesUrl']}/stream"
    answer = ask(f"{url}?count=4&size=2")
    assert (answer.status, answer.body) == (202, b"00112233")
    assert (answer["x-kind"], answer["set-cookie"]) == ("stream", "c=1")
    assert answer["transfer-encoding"] == "chunked"
    with pytest.raises(http.client.IncompleteRead):
        ask(f"{url}?end=fail")


def test_an_answer_in_pieces_without_its_metadata_is_read_to_its_end(app) -> None:
    answer = ask(f"{app.outputs['ImagesUrl']}/stream?head=none&count=2&size=1000000")
    assert (answer.status, answer.json) == (502, {"message": "Internal server error"})
    app.settle()
    (name,) = [
        one["FunctionName"]
        for one in app.client("lambda").list_functions()["Functions"]
        if "StreamFunction" in one["FunctionName"]
    ]
    said = app.client("logs").filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"]
    assert said and not [one for one in said if "timed out" in one["message"]]


def test_a_definition_from_another_file(app) -> None:
    answer = ask(f"{app.outputs['DocumentedUrl']}/documented/Ann")
    assert (answer.status, answer.json) == (200, {"hello": "Ann"})


def test_a_slow_function_times_out(app) -> None:
    answer = ask(f"{app.outputs['ImagesUrl']}/slow")
    assert (answer.status, answer.json) == (504, {"message": "Endpoint request timed out"})
    app.settle()


def test_a_body_that_is_too_long(app) -> None:
    answer = ask(f"{app.outputs['Url']}/pets", "POST", body=bytes(10 * 1024 * 1024 + 1))
    assert (answer.status, answer.json) == (413, {"message": "Request Too Long"})


def test_a_deployment_is_a_snapshot_and_the_function_must_permit_the_api(app) -> None:
    gateway, silent = app.client("apigateway"), app.outputs["Silent"]
    api = gateway.create_rest_api(name="by hand")
    place = {"restApiId": api["id"]}
    part = gateway.create_resource(**place, parentId=api["rootResourceId"], pathPart="x")
    method = place | {"resourceId": part["id"], "httpMethod": "GET"}
    gateway.put_method(**method, authorizationType="NONE")
    gateway.put_integration(
        **method,
        type="AWS_PROXY",
        integrationHttpMethod="POST",
        uri=f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{silent}/invocations",
    )
    gateway.create_deployment(**place, stageName="live")
    url = f"{app.endpoint}/_aws/execute-api/{api['id']}/live"
    refused = ask(f"{url}/x")
    assert (refused.status, refused.json) == (500, {"message": "Internal server error"})
    app.settle()
    group = f"API-Gateway-Execution-Logs_{api['id']}/live"
    (told,) = app.client("logs").filter_log_events(logGroupName=group)["events"]
    assert "Invalid permissions on Lambda function" in told["message"]
    app.client("lambda").add_permission(
        FunctionName=silent,
        StatementId="api",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
        SourceArn=f"arn:aws:execute-api:us-east-1:000000000000:{api['id']}/*/GET/x",
    )
    assert ask(f"{url}/x").status == 200
    gateway.delete_method(**method)
    assert ask(f"{url}/x").status == 200
    gateway.put_method(**method, authorizationType="NONE")
    gateway.put_integration(**method, type="MOCK")
    gateway.delete_resource(**place, resourceId=part["id"])
    gateway.put_method(
        **place, resourceId=api["rootResourceId"], httpMethod="GET", authorizationType="NONE"
    )
    gateway.put_integration(
        **place, resourceId=api["rootResourceId"], httpMethod="GET", type="MOCK"
    )
    gateway.create_deployment(**place, stageName="live")
    assert ask(f"{url}/x").status == 403
    gateway.delete_rest_api(**place)
    assert ask(f"{url}/x").status == 404
