"""Echoes requests; guards by a header; talks back over the socket's connection."""

import json
import os

import boto3


def guard(event, context):
    return {"isAuthorized": event["identitySource"] == ["yes"], "context": {"user": "u1"}}


def echo(event, context):
    if event["rawPath"] == "/broken":
        raise ValueError("broken")
    return {
        "statusCode": 201,
        "headers": {"X-Seen": "1"},
        "cookies": ["a=1", "b=2"],
        "body": json.dumps(event),
    }


def talk(event, context):
    request = event["requestContext"]
    if request["eventType"] == "CONNECT":
        wanted = (event.get("queryStringParameters") or {}).get("token")
        return {"statusCode": 200 if wanted == "yes" else 401}
    client = boto3.client("apigatewaymanagementapi", endpoint_url=os.environ["CONNECTIONS"])
    client.post_to_connection(
        ConnectionId=request["connectionId"],
        Data=("heard " + event["body"]).encode(),
    )
    return {"statusCode": 200}
