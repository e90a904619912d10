"""Passes on what it hears of the bucket; a key with `fail` in it is too much for it."""

import json
import os

import boto3


def handler(event, context):
    if "fail" in event["Records"][0]["s3"]["object"]["key"]:
        raise ValueError("not this one")
    boto3.client("sqs").send_message(QueueUrl=os.environ["RESULTS"], MessageBody=json.dumps(event))
