"""Reports the events it gets."""

import json
import os

import boto3

queue = boto3.client("sqs")


def handler(event, context):
    queue.send_message(QueueUrl=os.environ["RESULTS"], MessageBody=json.dumps(event))
