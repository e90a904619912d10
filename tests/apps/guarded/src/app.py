import json

CALLS = 0


def echo(event, context):
    return {"statusCode": 200, "body": json.dumps(event)}


def guard(event, context):
    """Says what the token asks for."""
    global CALLS
    CALLS += 1
    if event["type"] == "TOKEN":
        wanted = event["authorizationToken"].removeprefix("Bearer ")
    else:
        wanted = event["queryStringParameters"]["user"]
    if wanted == "unauthorized":
        raise Exception("Unauthorized")
    if wanted == "broken":
        raise Exception("broken")
    if wanted == "malformed":
        return {"principalId": "x"}
    arn = event["methodArn"]
    if wanted == "elsewhere":
        arn = arn.rpartition("/")[0] + "/other"
    return {
        "principalId": wanted,
        "usageIdentifierKey": wanted,
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Action": "execute-api:Invoke",
                    "Effect": "Deny" if wanted == "deny" else "Allow",
                    "Resource": arn,
                }
            ],
        },
        "context": {"number": 7, "yes": True, "calls": CALLS, "event": json.dumps(event)},
    }
