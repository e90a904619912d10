"""Writes one audit entry for each change; fails on the item `poison`."""

import os

import boto3

audit = boto3.resource("dynamodb").Table(os.environ["AUDIT"])


def handler(event, context):
    for record in event["Records"]:
        if record["dynamodb"]["Keys"]["id"]["S"] == "poison":
            raise ValueError("poison")
        audit.put_item(
            Item={
                "id": record["eventID"],
                "name": record["eventName"],
                "key": record["dynamodb"]["Keys"]["id"]["S"],
            },
        )
