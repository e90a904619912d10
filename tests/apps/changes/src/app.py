"""Tells the changes of orders in the order in which they came."""

import base64
import json
import os

import boto3

sqs = boto3.client("sqs")


def handler(event, context):
    for record in event["Records"]:
        kinesis = record["kinesis"]
        change = json.loads(base64.b64decode(kinesis["data"]))
        told = {"change": change, "key": kinesis["partitionKey"], "id": record["eventID"]}
        sqs.send_message(QueueUrl=os.environ["RESULTS"], MessageBody=json.dumps(told))
