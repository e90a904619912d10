"""A worker that fails on request, and a function that passes on the records that it is sent."""

import json
import os
import time
from pathlib import Path

import boto3

sqs = boto3.client("sqs")


def work(event, context):
    """Wait for the event's gate, a file, then fail when told to."""
    while "gate" in event and not Path(event["gate"]).exists():
        time.sleep(0.01)
    if event["fail"]:
        raise ValueError("told to")
    return {"done": event["number"]}


def told(event, context):
    """Put the record into the queue of records."""
    sqs.send_message(QueueUrl=os.environ["RECORDS"], MessageBody=json.dumps(event))
