"""Echoes events, answers as it is told to, and guards routes."""

import json


def echo(event, context):
    if "answers" in json.dumps(event.get("routeKey") or event.get("resource")):
        return json.loads(event["body"])
    if "fail" in (event.get("queryStringParameters") or {}):
        raise ValueError("asked for")
    return {
        "statusCode": 200,
        "headers": {"x-seen": "1", "access-control-allow-origin": "*"},
        "body": json.dumps(event),
    }


def guard(event, context):
    print(json.dumps(event))
    token = event["identitySource"]
    if event["version"] == "2.0":
        return {"isAuthorized": token == ["yes"], "context": {"user": "u1", "level": 3}}
    if token == "unknown":
        raise Exception("Unauthorized")
    if token == "broken":
        return {"policyDocument": "none"}
    effect = "Allow" if token == "yes" else "Deny"
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": event["methodArn"]}
    return {
        "principalId": "u1",
        "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        "context": {"level": 3},
    }
