"""Events of partners: they arrive on the bus that bears the name of the partner's source."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

SHOP = "aws.partner/shop.example.com/orders"
BANK = "aws.partner/bank.example.com/1"
TEMPLATE = """\
Transform: AWS::Serverless-2016-10-31
Parameters:
  Source: {Type: String, Default: aws.partner/shop.example.com/orders}
Resources:
  Orders:
    Type: AWS::Events::EventBus
    Properties: {Name: !Ref Source, EventSourceName: !Ref Source}
  Seen: {Type: AWS::SQS::Queue}
  Take:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.12
      Handler: index.handler
      InlineCode: |
        import boto3, json, os
        def handler(event, context):
            queue = os.environ["SEEN"]
            boto3.client("sqs").send_message(QueueUrl=queue, MessageBody=json.dumps(event))
      Environment: {Variables: {SEEN: !Ref Seen}}
      Policies: [{SQSSendMessagePolicy: {QueueName: !GetAtt Seen.QueueName}}]
      Events:
        Ordered:
          Type: EventBridgeRule
          Properties: {EventBusName: !Ref Orders, Pattern: {source: [{prefix: aws.partner/shop}]}}
        Paid:
          Type: EventBridgeRule
          Properties:
            EventBusName: aws.partner/bank.example.com/1
            Pattern: {detail-type: [paid]}
Outputs:
  Seen: {Value: !Ref Seen}
"""


def entry(source: str, kind: str) -> dict[str, Any]:
    return {"Source": source, "DetailType": kind, "Detail": json.dumps({"order": 7})}


def test_rules_on_buses_of_partners_get_their_events(eventmill: Any, tmp_path: Path) -> None:
    template = tmp_path / "template.yaml"
    template.write_text(TEMPLATE)
    outputs = eventmill.deploy(template)
    events, sqs = eventmill.client("events"), eventmill.client("sqs")
    kinds = [(SHOP, "ordered"), (BANK, "paid"), (BANK, "refused"), ("aws.partner/none/1", "lost")]
    answer = events.put_partner_events(Entries=[entry(*pair) for pair in kinds])
    assert answer["FailedEntryCount"] == 0 and all(one["EventId"] for one in answer["Entries"])
    eventmill.settle()
    bodies = []
    for _ in range(2):
        found = sqs.receive_message(QueueUrl=outputs["Seen"], MaxNumberOfMessages=10)
        bodies += [json.loads(message["Body"]) for message in found.get("Messages", [])]
    assert {(body["source"], body["detail-type"]) for body in bodies} == set(kinds[:2])
    assert len(bodies) == 2 and bodies[0]["detail"] == {"order": 7}
    names = [bus["Name"] for bus in events.list_event_buses()["EventBuses"]]
    assert names == [BANK, SHOP, "default"]


def test_only_partners_speak_for_partners(eventmill: Any) -> None:
    events = eventmill.client("events")
    events.create_event_bus(Name=SHOP, EventSourceName=SHOP)
    (own,) = events.put_events(Entries=[entry(SHOP, "x") | {"EventBusName": SHOP}])["Entries"]
    assert own["ErrorCode"] == "NotAuthorizedForSourceException"
    (other,) = events.put_partner_events(Entries=[entry("mine", "x")])["Entries"]
    assert other["ErrorCode"] == "InvalidArgument"
    for given in ({"Name": "orders", "EventSourceName": SHOP}, {"Name": BANK}):
        with pytest.raises(ClientError, match=r"EventSourceName|failed to satisfy"):
            events.create_event_bus(**given)
