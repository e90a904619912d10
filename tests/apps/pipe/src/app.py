"""The enrichment and a target of pipes; both get bare lists of events."""

import base64
import json
import os

import boto3

sqs = boto3.client("sqs")


def enrich(events, context):
    """Looks up prices; what is worth nothing goes no further."""
    if any(event["order"] == "crash" for event in events):
        raise ValueError("crash")
    return [
        {**event, "price": len(event["order"]), "shop": "corner-shop"}
        for event in events
        if event["order"]
    ]


def take(events, context):
    """Reports poison, and tells all else."""
    body = json.dumps(events)
    sqs.send_message(QueueUrl=os.environ["RESULTS"], MessageBody=body)
    failed = [
        {"itemIdentifier": event["sequenceNumber"]}
        for event in events
        if "data" in event and base64.b64decode(event["data"]) == b"poison"
    ]
    return {"batchItemFailures": failed} if failed else "taken"


def receive(event, context):
    """Answers a call of the API."""
    answer = {"id": event["pathParameters"]["id"], "got": json.loads(event["body"])}
    return {"statusCode": 200, "body": json.dumps(answer)}
