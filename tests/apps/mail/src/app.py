"""Decides over the mail flow, and reports what it reads."""

import json
import os

import boto3


def gate(event, context):
    ses = event["Records"][0]["ses"]
    subject = ses["mail"]["commonHeaders"].get("subject", "")
    if subject == "fail":
        raise RuntimeError("the gate is broken")
    if subject == "no json":
        return float("nan")
    if ses["receipt"]["spamVerdict"]["status"] == "FAIL":
        return {"disposition": "STOP_RULE_SET"}
    return {"disposition": "CONTINUE"}


def reader(event, context):
    boto3.client("sqs").send_message(QueueUrl=os.environ["RESULTS"], MessageBody=json.dumps(event))
