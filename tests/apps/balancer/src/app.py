"""Answers a load balancer with what the path asks for, or with the event."""

import json
import time

ANSWERS = {
    "/plain": {
        "statusCode": 201,
        "statusDescription": "201 Created",
        "headers": {"X-Kind": "plain", "Content-Type": "text/plain"},
        "body": "aGk=",
        "isBase64Encoded": True,
    },
    "/multi/plain": {
        "statusCode": 200,
        "multiValueHeaders": {"Set-Cookie": ["a=1", "b=2"], "Content-Type": ["text/plain"]},
        "headers": {"X-Ignored": "1"},
        "body": "many",
    },
    "/malformed": "no answer",
    "/large": {"statusCode": 200, "body": "x" * 1_048_577},
}
SICK = False


def handler(event, context):
    """Answer."""
    global SICK
    path = event["path"]
    if path == "/raise":
        raise ValueError("no")
    if path == "/sleep":
        time.sleep(30)
    if path == "/sick":
        SICK = True
    if path == "/health":
        print("CHECK " + json.dumps(event))
        return {"statusCode": 500 if SICK else 202}
    if path in ANSWERS:
        return ANSWERS[path]
    shown = {"content-type": "application/json"}
    both = {"headers": shown, "multiValueHeaders": {name: [shown[name]] for name in shown}}
    return {"statusCode": 200, **both, "body": json.dumps(event)}
