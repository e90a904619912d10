"""EventBridge: events kept and replayed, and sent to API destinations over HTTP."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from eventmill.testing import engine
from tests.queues import taken
from tests.refusals import refused
from tests.shape import assert_shape, recorded

APP = Path(__file__).parents[1] / "apps" / "archive"


class Partner:
    """A small HTTP server that notes what it gets and answers as it is told."""

    def __init__(self) -> None:
        self.got: list[dict[str, Any]] = []
        self.answers: list[tuple[int, dict[str, str], bytes]] = []
        partner = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                partner.got.append({"path": self.path, "headers": headers, "body": body})
                status, more, text = partner.answers.pop(0) if partner.answers else (200, {}, b"{}")
                self.send_response(status)
                for name, value in {**more, "Content-Length": str(len(text))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *args: Any) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def take(self) -> list[dict[str, Any]]:
        got, self.got = self.got, []
        return got

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture(scope="module")
def partner() -> Iterator[Partner]:
    server = Partner()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def app(partner: Partner) -> Iterator[Any]:
    with engine() as running:
        running.deploy(APP, {"PartnerUrl": partner.url})
        yield running


def received(app: Any, output: str) -> list[dict[str, Any]]:
    """What arrives until nothing moves any more; taken out of the queue."""
    app.settle()
    return taken(app, app.outputs[output])


def put(app: Any, kind: str, **detail: Any) -> str:
    (entry,) = app.client("events").put_events(
        Entries=[
            {
                "EventBusName": app.outputs["Bus"],
                "Source": detail.pop("source", "shop"),
                "DetailType": kind,
                "Detail": json.dumps(detail),
            }
        ]
    )["Entries"]
    return str(entry["EventId"])


def attributes(message: dict[str, Any]) -> dict[str, str]:
    return {key: value["StringValue"] for key, value in message["MessageAttributes"].items()}


def replay(app: Any, name: str, **more: Any) -> dict[str, Any]:
    destination = {"Arn": app.outputs["BusArn"], **more}
    return app.client("events").start_replay(
        ReplayName=name,
        EventSourceArn=app.outputs["ArchiveArn"],
        EventStartTime=0,
        EventEndTime=time.time() + 1_000_000,
        Destination=destination,
    )


def test_archived_events_come_again_with_the_name_of_their_replay(app) -> None:
    events = app.client("events")
    first, second = put(app, "Placed", order="a"), put(app, "Placed", order="b")
    put(app, "Placed", order="c", source="other")
    assert len(received(app, "Results")) == 3
    shown = events.describe_archive(ArchiveName=app.outputs["Archive"])
    assert shown["State"] == "ENABLED" and shown["EventCount"] == 2 and shown["SizeBytes"] > 0
    assert json.loads(shown["EventPattern"]) == {"source": ["shop"]} and shown["RetentionDays"] == 7
    assert replay(app, "again")["State"] == "STARTING"
    came = [json.loads(message["Body"])["got"] for message in received(app, "Results")]
    assert {event["id"] for event in came} == {first, second} and len(came) == 2
    for event in came:
        assert_shape(event, recorded("events.replayed"))
    ended = events.describe_replay(ReplayName="again")
    assert ended["State"] == "COMPLETED" and ended["ReplayEndTime"] >= ended["ReplayStartTime"]
    (listed,) = events.list_replays(NamePrefix="again")["Replays"]
    assert "Destination" not in listed and listed["State"] == "COMPLETED"
    (kept,) = events.list_archives(EventSourceArn=app.outputs["BusArn"])["Archives"]
    assert (kept["EventCount"], kept["SizeBytes"]) == (2, shown["SizeBytes"])
    assert events.list_archives(EventSourceArn="arn:aws:events:none")["Archives"] == []
    (destination,) = events.list_api_destinations()["ApiDestinations"]
    assert destination["ApiDestinationState"] == "ACTIVE" and "ConnectionArn" in destination
    # What was replayed is not archived anew.
    assert events.describe_archive(ArchiveName=app.outputs["Archive"])["EventCount"] == 2


def test_a_replay_can_be_for_other_rules_only(app) -> None:
    put(app, "Placed", order="d")
    received(app, "Results")
    rule = "arn:aws:events:us-east-1:000000000000:rule/none/none"
    replay(app, "elsewhere", FilterArns=[rule])
    assert received(app, "Results") == []
    confirm = app.client("events").describe_rule(Name="confirm", EventBusName=app.outputs["Bus"])
    replay(app, "here", FilterArns=[confirm["Arn"]])
    assert received(app, "Results")


def test_what_aws_refuses_of_archives_and_replays(app) -> None:
    events = app.client("events")

    archive = app.outputs["ArchiveArn"]
    window = {"EventStartTime": 0, "EventEndTime": 10}
    bus = {"Arn": app.outputs["BusArn"]}
    default = {"Arn": app.outputs["BusArn"].rpartition("/")[0] + "/default"}
    assert refused(
        events.start_replay, ReplayName="x", EventSourceArn=archive, Destination=default, **window
    ) == (
        "ValidationException",
        "Parameter Destination.Arn is not valid. Reason: Cross event bus replay is not permitted.",
    )
    window["EventEndTime"] = 0
    assert refused(
        events.start_replay, ReplayName="x", EventSourceArn=archive, Destination=bus, **window
    )[1].endswith("EventStartTime must be before EventEndTime.")
    assert refused(events.describe_replay, ReplayName="no") == (
        "ResourceNotFoundException",
        "Replay no does not exist.",
    )
    replay(app, "ended")
    app.settle()
    assert refused(events.cancel_replay, ReplayName="ended")[0] == "IllegalStatusException"
    name = app.outputs["Archive"]
    assert refused(events.create_archive, ArchiveName=name, EventSourceArn=bus["Arn"]) == (
        "ResourceAlreadyExistsException",
        f"Archive {name} already exists.",
    )
    (managed,) = events.list_rules(EventBusName=app.outputs["Bus"], NamePrefix="Events-Archive-")[
        "Rules"
    ]
    assert managed["ManagedBy"] == "prod.vhs.events.aws.internal"
    assert (
        refused(events.delete_rule, Name=managed["Name"], EventBusName=app.outputs["Bus"])[0]
        == "ManagedRuleException"
    )
    assert refused(events.list_archives, NamePrefix="a", State="ENABLED")[1].startswith(
        "At most one filter is allowed for ListArchives."
    )


def test_a_partner_gets_the_event_as_the_target_and_the_connection_shape_it(app, partner) -> None:
    put(app, "Shipped", order="a/1")
    app.settle()
    (got,) = partner.take()
    assert got["path"] == "/orders/a%2F1?version=2"
    assert json.loads(got["body"]) == {"order": "a/1", "shipped": True, "sender": "eventmill"}
    expected = {
        "content-type": "application/json; charset=utf-8",
        "user-agent": "Amazon/EventBridge/ApiDestinations",
        "range": "bytes=0-1048575",
        "x-api-key": "s3cret",
        "x-tenant": "shop",
        "x-order": "a/1",
    }
    assert {name: got["headers"].get(name) for name in expected} == expected


def test_an_api_of_the_application_gets_the_event(app) -> None:
    number = put(app, "Audited", order="a1")
    came = [json.loads(message["Body"])["got"] for message in received(app, "Results")]
    (got,) = [event for event in came if "httpMethod" in event]
    assert got["httpMethod"] == "POST" and got["pathParameters"] == {"order": "a1"}
    assert got["queryStringParameters"] == {"by": "rule"}
    assert {name.lower(): text for name, text in got["headers"].items()}["x-source"] == "shop"
    assert json.loads(got["body"])["id"] == number


def test_a_partner_that_fails_is_tried_again_and_then_the_event_is_a_dead_letter(
    app, partner
) -> None:
    partner.answers = [(503, {"Retry-After": "40"}, b"")]
    put(app, "Shipped", order="late")
    app.settle()
    assert len(partner.take()) == 1
    app.advance(30)
    app.settle()
    assert partner.take() == []
    app.advance(11)
    app.settle()
    assert len(partner.take()) == 1
    partner.answers = [(500, {}, b"")] * 3
    put(app, "Shipped", order="never")
    for _ in range(3):
        app.settle()
        app.advance(10)
    (dead,) = received(app, "Dead")
    assert len(partner.take()) == 3
    assert json.loads(dead["Body"])["detail"] == {"order": "never"}
    found = attributes(dead)
    assert found["ERROR_CODE"] == "ERROR_FROM_TARGET" and found["RETRY_ATTEMPTS"] == "2"
    assert found["EXHAUSTED_RETRY_CONDITION"] == "MaximumRetryAttempts"
    assert ":api-destination/" in found["TARGET_ARN"] and ":rule/" in found["RULE_ARN"]


def test_a_refusal_that_no_retry_mends_is_a_dead_letter_at_once(app, partner) -> None:
    partner.answers = [(404, {}, b"")]
    put(app, "Shipped", order="unknown")
    (dead,) = received(app, "Dead")
    assert len(partner.take()) == 1
    assert attributes(dead)["ERROR_CODE"] == "SDK_CLIENT_ERROR"
    assert "RETRY_ATTEMPTS" not in attributes(dead)


def test_no_more_calls_than_the_rate_allows(app, partner) -> None:
    app.advance(60)
    entry = {
        "EventBusName": app.outputs["Bus"],
        "Source": "shop",
        "DetailType": "Shipped",
        "Detail": '{"order": "many"}',
    }
    for _ in range(4):
        app.client("events").put_events(Entries=[entry] * 10)
    app.settle()
    # Five at once and then five a second, on a clock that goes on while the test runs.
    first = len(partner.take())
    assert 5 <= first < 40
    app.advance(8)
    app.settle()
    assert first + len(partner.take()) == 40
    assert received(app, "Dead") == []


def test_oauth_fetches_a_token_and_another_when_it_is_refused(app, partner) -> None:
    events = app.client("events")
    events.update_connection(
        Name=app.outputs["Connection"],
        AuthorizationType="OAUTH_CLIENT_CREDENTIALS",
        AuthParameters={
            "OAuthParameters": {
                "ClientParameters": {"ClientID": "me", "ClientSecret": "hidden"},
                "AuthorizationEndpoint": f"{partner.url}/token",
                "HttpMethod": "POST",
                "OAuthHttpParameters": {"BodyParameters": [{"Key": "scope", "Value": "orders"}]},
            }
        },
    )
    shown = events.describe_connection(Name=app.outputs["Connection"])
    assert shown["ConnectionState"] == "AUTHORIZED" and "hidden" not in json.dumps(
        shown["AuthParameters"]
    )

    def token(text: str) -> tuple[int, dict[str, str], bytes]:
        granted = {"access_token": text, "token_type": "Bearer", "expires_in": 3600}
        return 200, {}, json.dumps(granted).encode()

    partner.answers = [token("one"), (401, {}, b""), token("two"), (200, {}, b"")]
    put(app, "Shipped", order="a")
    app.settle()
    app.advance(5)
    app.settle()
    asked, refused, asked_again, told = partner.take()
    assert asked["path"] == "/token" and parse_qs(asked["body"].decode()) == {
        "grant_type": ["client_credentials"],
        "client_id": ["me"],
        "client_secret": ["hidden"],
        "scope": ["orders"],
    }
    assert refused["headers"]["authorization"] == "Bearer one"
    assert asked_again["path"] == "/token" and told["headers"]["authorization"] == "Bearer two"
    put(app, "Shipped", order="b")
    app.settle()
    (kept,) = partner.take()
    assert kept["headers"]["authorization"] == "Bearer two"


def test_basic_credentials_and_a_connection_without_authorization(app, partner) -> None:
    events = app.client("events")
    events.update_connection(
        Name=app.outputs["Connection"],
        AuthorizationType="BASIC",
        AuthParameters={"BasicAuthParameters": {"Username": "ann", "Password": "pw"}},
    )
    put(app, "Shipped", order="a")
    app.settle()
    (got,) = partner.take()
    assert base64.b64decode(got["headers"]["authorization"].split()[1]) == b"ann:pw"
    events.deauthorize_connection(Name=app.outputs["Connection"])
    shown = events.describe_api_destination(Name=app.outputs["Destination"])
    assert shown["ApiDestinationState"] == "INACTIVE"
    put(app, "Shipped", order="b")
    (dead,) = received(app, "Dead")
    assert attributes(dead)["ERROR_CODE"] == "NO_PERMISSIONS" and partner.take() == []


def test_retention_forgets_archived_events(app) -> None:
    app.advance(8 * 86_400)
    app.settle()
    shown = app.client("events").describe_archive(ArchiveName=app.outputs["Archive"])
    assert shown["EventCount"] == 0
