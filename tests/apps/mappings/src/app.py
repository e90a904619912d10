"""Handlers that tell what they got, and fail where their events say so."""

import json
import os

import boto3

sqs = boto3.client("sqs")
functions = boto3.client("lambda")


def tell(event):
    """Put what arrived into the queue of results."""
    sqs.send_message(QueueUrl=os.environ["RESULTS"], MessageBody=json.dumps(event))


def partial(event, context):
    """Report the records whose body says `bad`."""
    tell(event)
    bad = [record["messageId"] for record in event["Records"] if "bad" in record["body"]]
    return {"batchItemFailures": [{"itemIdentifier": item} for item in bad]}


def whole(event, context):
    """Fail the whole batch when any record is poison."""
    if "poison" in json.dumps(event.get("Records", [])):
        raise ValueError("poison")
    tell(event)


def work(event, context):
    """Fail when told to."""
    if event.get("fail"):
        raise ValueError("told to")
    return {"done": event.get("size", 1) * "x"}


def again(event, context):
    """Send itself the next turn, up to the last one: by its queue, or by an event."""
    queued = "Records" in event
    turn = json.loads(event["Records"][0]["body"]) if queued else event
    tell(turn)
    if turn["number"] == turn["last"]:
        return
    following = json.dumps({**turn, "number": turn["number"] + 1})
    if queued:
        entry = {"Id": "next", "MessageBody": following}
        sqs.send_message_batch(QueueUrl=os.environ["TURNS"], Entries=[entry])
    else:
        functions.invoke(
            FunctionName=context.function_name, InvocationType="Event", Payload=following
        )


def started(event, context):
    """How this environment came to be."""
    return os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"]
