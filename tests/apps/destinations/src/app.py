"""A worker that fails on request, and a function that passes on the records that it is sent."""

import json
import os
import time

import boto3

sqs = boto3.client("sqs")


def work(event, context):
    """Take as long as told to, then fail when told to."""
    time.sleep(event["seconds"])
    if event["fail"]:
        raise ValueError("told to")
    return {"done": event["number"]}


def told(event, context):
    """Put the record into the queue of records."""
    sqs.send_message(QueueUrl=os.environ["RECORDS"], MessageBody=json.dumps(event))
