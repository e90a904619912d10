"""Takes orders, and hears of alarms."""

import json
import os
import time

import boto3


def take(event, context):
    order = json.loads(event["Records"][0]["body"])
    metrics = [{"Name": "Total", "Unit": "Count"}]
    about = {"Namespace": "Shop", "Dimensions": [["kind"]], "Metrics": metrics}
    embedded = {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [about]}
    print(json.dumps({"_aws": embedded, "kind": order["kind"], "Total": order["total"]}))
    if order["kind"] == "bad":
        raise ValueError("nobody sells this")


def listen(event, context):
    boto3.client("sqs").send_message(QueueUrl=os.environ["TOLD"], MessageBody=json.dumps(event))
