"""Answers with what the query's `as` asks for, or with the event."""

import time

ANSWERS = {
    "text": "hello",
    "number": 7,
    "object": {"a": 1},
    "nothing": None,
    "whole": {
        "statusCode": 201,
        "headers": {
            "X-Total": "3",
            "content-type": "text/plain",
            "access-control-allow-origin": "*",
        },
        "cookies": ["a=1", "b=2"],
        "body": "aGk=",
        "isBase64Encoded": True,
    },
    "bad": {"statusCode": "many"},
}


def handler(event, context):
    """Answer."""
    wanted = (event.get("queryStringParameters") or {}).get("as")
    if wanted == "raise":
        raise ValueError("no")
    if wanted == "sleep":
        time.sleep(30)
    if wanted in ANSWERS:
        return ANSWERS[wanted]
    return {"statusCode": 200, "body": event}
