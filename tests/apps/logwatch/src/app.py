import base64
import gzip
import json
import os

import boto3

sqs = boto3.client("sqs")


def work(event, context):
    for line in event.get("lines", []):
        print(line)


def alarm(event, context):
    told = json.loads(gzip.decompress(base64.b64decode(event["awslogs"]["data"])))
    if "fail" in json.dumps(told):
        raise RuntimeError("asked to fail")
    body = json.dumps({"event": event, "told": told})
    sqs.send_message(QueueUrl=os.environ["RESULTS"], MessageBody=body)
