"""Puts each body into the results queue; fails on `poison`."""

import os

import boto3

queues = boto3.client("sqs")


def handler(event, context):
    failures = []
    for record in event["Records"]:
        if record["body"] == "poison":
            failures.append({"itemIdentifier": record["messageId"]})
        else:
            queues.send_message(
                QueueUrl=os.environ["RESULTS"],
                MessageBody=record["body"],
            )
    return {"batchItemFailures": failures}
