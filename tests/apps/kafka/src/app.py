import base64
import json
import os

import boto3

queue = boto3.client("sqs")


def handler(event, context):
    queue.send_message(QueueUrl=os.environ["RESULTS"], MessageBody=json.dumps(event))
    failed = []
    for records in event["records"].values():
        for record in records:
            order = json.loads(base64.b64decode(record["value"]))
            if order["kind"] == "raises":
                raise ValueError("no such order")
            if order["kind"] == "poison":
                partition = f"{record['topic']}-{record['partition']}"
                failed.append(
                    {"itemIdentifier": {"partition": partition, "offset": record["offset"]}}
                )
    return {"batchItemFailures": failed[:1]}
