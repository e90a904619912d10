"""REST APIs with mapping templates: functions, AWS's services, HTTP servers and mocks."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from eventmill.testing import engine
from tests.journeys.rest_client import Answer, ask
from tests.queues import taken

APP = Path(__file__).parents[1] / "apps" / "gateway"
JSON = {"Content-Type": "application/json"}


class Backend(BaseHTTPRequestHandler):
    """Answers with what it got."""

    def answer(self) -> None:
        size = int(self.headers.get("Content-Length") or 0)
        told = {
            "method": self.command,
            "path": self.path,
            "headers": {name.lower(): value for name, value in self.headers.items()},
            "body": self.rfile.read(size).decode(),
        }
        body = json.dumps(told).encode()
        self.send_response(503 if "broken" in told["body"] else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("X-Backend", "here")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_DELETE = answer

    def log_message(self, *arguments: Any) -> None:
        pass


@pytest.fixture(scope="module")
def app():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Backend)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with engine() as running:
        running.deploy(APP, {"Backend": f"http://127.0.0.1:{server.server_port}"})
        yield running
    server.shutdown()


def post(app: Any, path: str, body: Any, **headers: str) -> Answer:
    sent = JSON | {name.replace("_", "-"): value for name, value in headers.items()}
    return ask(f"{app.outputs['Url']}{path}", "POST", sent, json.dumps(body))


def messages(app: Any) -> list[str]:
    app.settle()
    return [message["Body"] for message in taken(app, app.outputs["Queue"])]


def test_templates_around_a_function(app) -> None:
    body = {"items": [{"name": "a"}, {"name": "b"}], "n": 1.5}
    answer = post(app, "/work?q=it's", body)
    assert answer.status == 200, answer.body
    assert answer.json["names"] == ["a", "b"]
    assert answer.json["got"] == {
        "method": "POST",
        "stage": "v1",
        "colour": "red",
        "q": "it's",
        "whole": body,
        "missing": "",
        "names": ["a", "b"],
    }
    assert [answer[name] for name in ("X-First", "X-Stage", "X-Fixed", "X-Override")] == [
        "1",
        "v1",
        "fixed",
        "over",
    ]


def test_a_functions_error_selects_its_response(app) -> None:
    answer = post(app, "/work", {"items": [], "fail": "NotFound"})
    assert (answer.status, answer.json) == (404, {"error": "[NotFound] no such thing"})
    # An error that no pattern takes gets the default response, as on AWS.
    assert post(app, "/work", {"items": [], "fail": "Other"}).status == 200


def test_a_content_type_without_template_is_refused(app) -> None:
    answer = ask(f"{app.outputs['Url']}/work", "POST", {"Content-Type": "text/csv"}, "a,b")
    assert (answer.status, answer.json) == (415, {"message": "Unsupported Media Type"})


def test_a_body_that_is_no_json_breaks_the_template(app) -> None:
    answer = ask(f"{app.outputs['Url']}/work", "POST", JSON, "{")
    assert (answer.status, answer.json) == (500, {"message": "Internal server error"})


def test_an_asynchronous_invocation_is_accepted_at_once(app) -> None:
    answer = post(app, "/work/later", {"a": 1})
    assert (answer.status, answer.body) == (202, b"")
    app.settle()
    answer = post(app, "/work/later", {"fail": "x"})
    assert answer.status == 202
    # It failed, so Lambda tries it again later.
    assert [motion.name for motion in app.settle().later if "Worker" in motion.name]
    app.advance(400)
    app.settle()


def test_mocks_answer_from_their_templates(app) -> None:
    url = f"{app.outputs['Url']}/mock"
    found = ask(f"{url}?id=7")
    assert (found.status, found.json) == (200, {"id": "7"})
    plain = ask(f"{url}?id=7", headers={"Accept": "text/plain"})
    assert (plain.body, plain["content-type"]) == (b"id 7", "text/plain")
    lost = ask(url)
    assert (lost.status, lost.json) == (404, {"error": lost["x-amzn-requestid"]})


def test_a_queue_by_its_path_and_by_action(app) -> None:
    answer = post(app, "/queue", {"text": "a & b"})
    assert answer.status == 200 and len(answer.json["id"]) == 36, answer.body
    sent = ask(f"{app.outputs['Url']}/queue?message=by+action")
    assert sent.status == 200
    assert sent.json["SendMessageResponse"]["SendMessageResult"]["MessageId"]
    taken = ask(f"{app.outputs['Url']}/queue", "DELETE").json
    assert (taken["many"], taken["attribute"]) == (1, "SenderId")
    assert taken["body"] in ("by action", '{"text": "a & b"}')
    assert sorted(messages(app)) == ["by action", '{"text": "a & b"}']


def test_a_queues_parameters_may_stand_in_the_query_and_in_the_body(app) -> None:
    answer = ask(f"{app.outputs['Url']}/queue", "PUT", JSON, '{"text": "half & half"}')
    assert answer.status == 200, answer.body
    assert answer.json["SendMessageResponse"]["SendMessageResult"]["MessageId"]
    assert messages(app) == ["half & half"]


def test_a_topic(app) -> None:
    answer = post(app, "/topic", {"news": 1})
    assert answer.status == 200, answer.body
    assert answer.json["PublishResponse"]["PublishResult"]["MessageId"]
    assert messages(app) == ['{"news": 1}']


def test_a_table(app) -> None:
    made = post(app, "/music", {"title": 'Say "hi"'})
    assert made.status == 200, made.body
    got = ask(f"{app.outputs['Url']}/music/{made.json['id']}")
    assert got.body.strip() == f'{{"id": "{made.json["id"]}", "title": "Say "hi""}}'.encode()
    assert post(app, "/music", {"title": 5}).status == 400


def test_a_bus(app) -> None:
    answer = post(app, "/bus", {"it's": "sent"})
    assert answer.status == 200 and answer.json["FailedEntryCount"] == 0, answer.body
    assert answer["content-type"] == "application/json"
    assert [json.loads(body) for body in messages(app)] == [{"it's": "sent"}]


def test_a_bucket(app) -> None:
    url = f"{app.outputs['Url']}/files/a%20b.txt"
    put = ask(url, "PUT", {"Content-Type": "text/plain"}, "hello")
    assert put.status == 200 and put["etag"], put.body
    stored = app.client("s3").get_object(Bucket=app.outputs["Bucket"], Key="a b.txt")
    assert (stored["Body"].read(), stored["ContentType"]) == (b"hello", "text/plain")
    got = ask(url)
    assert (got.body, got["content-type"]) == (b"hello", "text/plain")
    assert ask(f"{app.outputs['Url']}/files/none").status == 404


def test_an_http_proxy_passes_everything_on(app) -> None:
    answer = ask(
        f"{app.outputs['Url']}/web/a/b?x=1&y=%26",
        "DELETE",
        {"X-Mine": "1", "Accept": "*/*"},
        "body",
    )
    assert answer.status == 200 and answer["x-backend"] == "here"
    told = answer.json
    assert (told["method"], told["path"], told["body"]) == (
        "DELETE",
        "/base/a/b?x=1&y=%26",
        "body",
    )
    assert told["headers"]["x-mine"] == "1" and "x-amzn-trace-id" in told["headers"]
    assert told["headers"]["host"] != answer["host"]


def test_a_signed_request_reaches_a_server_too(app) -> None:
    # Requests with this header begin within the read of their bytes, outside of any task.
    headers = {"X-Amz-Date": "20260101T000000Z"}
    answer = ask(f"{app.outputs['Url']}/web/a", headers=headers)
    assert (answer.status, answer.json["path"]) == (200, "/base/a")


def test_an_http_integration_is_mapped(app) -> None:
    answer = post(app, "/web", {"a": 1}, X_User="me")
    said = answer.json["said"]
    assert (said["method"], said["path"]) == ("PUT", "/red?fixed=1")
    assert json.loads(said["body"]) == {"wrapped": {"a": 1}}
    assert said["headers"]["x-forwarded-user"] == "me"
    assert post(app, "/web", {"broken": 1}).status == 503


def imported(app: Any, *, binary: list[str], **integration: Any) -> str:
    """The address of an API with one method and this integration."""
    document = {
        "swagger": "2.0",
        "info": {"title": "one"},
        "x-amazon-apigateway-binary-media-types": binary,
        "paths": {
            "/one": {
                "post": {
                    "responses": {"200": {"description": ""}},
                    "x-amazon-apigateway-integration": integration,
                }
            }
        },
    }
    gateway = app.client("apigateway")
    api = gateway.import_rest_api(body=json.dumps(document).encode())
    gateway.create_deployment(restApiId=api["id"], stageName="live")
    return f"{app.endpoint}/_aws/execute-api/{api['id']}/live/one"


def test_content_is_converted_between_text_and_binary(app) -> None:
    worker = app.client("lambda").get_function(FunctionName=app.outputs["Worker"])
    arn = worker["Configuration"]["FunctionArn"]
    url = imported(
        app,
        binary=["image/png"],
        type="aws",
        httpMethod="POST",
        credentials="arn:aws:iam::000000000000:role/any",
        uri=f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{arn}/invocations",
        contentHandling="CONVERT_TO_TEXT",
        requestTemplates={"image/png": '{"sent": "$input.body"}'},
        responses={"default": {"statusCode": 200}},
    )
    answer = ask(url, "POST", {"Content-Type": "image/png"}, b"\x00\xff")
    assert answer.json["got"] == {"sent": "AP8="}
    told = {"statusCode": 200, "contentHandling": "CONVERT_TO_BINARY"}
    told["responseTemplates"] = {"application/json": ""}
    url = imported(
        app,
        binary=["image/png"],
        type="mock",
        responses={"default": told},
        requestTemplates={"application/json": '{"statusCode": 200}'},
    )
    assert ask(url, "POST", JSON).body == b""


def test_bytes_that_are_not_declared_binary_are_taken_for_text(app) -> None:
    web = {"type": "http_proxy", "httpMethod": "POST", "uri": app.outputs["Backend"]}
    broken = ask(imported(app, binary=[], **web), "POST", {"Content-Type": "image/png"}, b"a\xff")
    assert broken.json["body"] == "a\ufffd"


def test_the_access_log_tells_what_the_integration_said(app) -> None:
    post(app, "/work", {"items": [], "fail": "NotFound"})
    post(app, "/web", {"a": "broken"})
    post(app, "/music", {"title": 5})
    ask(f"{app.outputs['Url']}/work", "POST", JSON, "{")
    app.settle()
    events = app.client("logs").filter_log_events(logGroupName=app.outputs["Access"])["events"]
    told = [event["message"] for event in events[-4:]]
    # Of a function the status is that of its invocation, which did come about.
    assert told[0] == "/work 404: 200 200 200, -"
    assert told[1:3] == ["/web 503: 503 503 503, -", "/music 400: 400 400 400, -"]
    assert told[3].startswith("/work 500: - - -, ") and not told[3].endswith(", -")


def test_a_server_that_is_not_there(app) -> None:
    gateway = app.client("apigateway")
    api = gateway.create_rest_api(name="nowhere")
    method = {"restApiId": api["id"], "resourceId": api["rootResourceId"], "httpMethod": "GET"}
    gateway.put_method(**method, authorizationType="NONE")
    gateway.put_integration(
        **method, type="HTTP_PROXY", integrationHttpMethod="GET", uri="http://127.0.0.1:1/"
    )
    gateway.create_deployment(restApiId=api["id"], stageName="live")
    answer = ask(f"{app.endpoint}/_aws/execute-api/{api['id']}/live")
    assert (answer.status, answer.json) == (
        504,
        {"message": "Network error communicating with endpoint"},
    )
