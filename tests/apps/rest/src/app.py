import json
import time


def echo(event, context):
    """Answers with the event itself."""
    return {"statusCode": 200, "body": json.dumps(event)}


def answer(event, context):
    """Returns what the request's body says, whatever it is."""
    if event["path"] == "/slow":
        time.sleep(0.5)
    if event["isBase64Encoded"]:
        return {
            "statusCode": 200,
            "body": event["body"],
            "isBase64Encoded": True,
            "headers": {"Content-Type": "image/png"},
        }
    wanted = json.loads(event["body"] or '{"statusCode": 200}')
    if wanted == "raise":
        raise ValueError("wanted")
    return wanted
