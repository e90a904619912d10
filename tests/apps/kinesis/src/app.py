"""Counts clicks per window, checks orders, audits them."""

import base64
import json
import os

import boto3

sqs = boto3.client("sqs")


def tell(who, what):
    body = json.dumps({"who": who, "what": what})
    sqs.send_message(QueueUrl=os.environ["RESULTS"], MessageBody=body)


def data(record):
    return json.loads(base64.b64decode(record["kinesis"]["data"]))


def count(event, context):
    """Adds up the clicks of a window, and tells their sum at its end."""
    state = event["state"] or {"clicks": 0}
    state["clicks"] += sum(data(record)["clicks"] for record in event["Records"])
    if event["isFinalInvokeForWindow"]:
        tell("count", {"state": state, "event": event})
        return None
    return {"state": state}


def check(event, context):
    """Fails for the whole batch when any order in it is poison."""
    orders = [data(record)["order"] for record in event["Records"]]
    if "poison" in orders:
        raise ValueError("poison")
    tell("check", event)


def audit(event, context):
    """Reports what it cannot audit, one record alone."""
    tell("audit", event)
    return {
        "batchItemFailures": [
            {"itemIdentifier": record["kinesis"]["sequenceNumber"]}
            for record in event["Records"]
            if b"unclear" in base64.b64decode(record["kinesis"]["data"])
        ]
    }
