"""A chat as AWS's samples write it: the address of the connections comes from the event."""

import json
import os

import boto3

members = (
    boto3.resource("dynamodb").Table(os.environ["MEMBERS"]) if "MEMBERS" in os.environ else None
)


def guard(event, context):
    print("guard", json.dumps(event))
    token = event["queryStringParameters"]["token"]
    statement = {
        "Action": "execute-api:Invoke",
        "Effect": "Allow" if token == "yes" else "Deny",
        "Resource": event["methodArn"],
    }
    return {
        "principalId": "u1",
        "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        "context": {"level": 3},
    }


def plain(event, context):
    return {"echo": event["said"], "same": event["by"]}


def read(event, context):
    """Tells who sent a note that it was read, at an address from a variable without a scheme."""
    client = boto3.client("apigatewaymanagementapi", endpoint_url=f"https://{os.environ['PARTS']}")
    for record in event["Records"]:
        by = record["messageAttributes"]["by"]["stringValue"]
        client.post_to_connection(ConnectionId=by, Data=f"read {record['body']}")


def handler(event, context):
    request = event["requestContext"]
    kind = request["eventType"]
    if kind == "CONNECT":
        members.put_item(Item={"id": request["connectionId"], "event": json.dumps(event)})
        query = event.get("queryStringParameters") or {}
        if "status" in query:
            return {"statusCode": int(query["status"])}
        if "early" in query:
            return {"statusCode": 200 if posted_too_early(request) else 500}
        wanted = event["headers"].get("Sec-WebSocket-Protocol", "").split(",")[0]
        headers = {"Sec-WebSocket-Protocol": wanted} if wanted else {}
        return {"statusCode": 200, "headers": headers}
    if kind == "DISCONNECT":
        members.put_item(Item={"id": request["connectionId"], "event": json.dumps(event)})
        return {"statusCode": 200}
    return message(event, request)


def everyone():
    page = members.scan(ProjectionExpression="id")
    yield from page["Items"]
    while "LastEvaluatedKey" in page:
        page = members.scan(ProjectionExpression="id", ExclusiveStartKey=page["LastEvaluatedKey"])
        yield from page["Items"]


def connections(request):
    address = f"https://{request['domainName']}/{request['stage']}"
    return boto3.client("apigatewaymanagementapi", endpoint_url=address)


def posted_too_early(request):
    client = connections(request)
    try:
        client.post_to_connection(ConnectionId=request["connectionId"], Data=b"too early")
    except client.exceptions.GoneException:
        return True
    return False


def message(event, request):
    action = request["routeKey"]
    if action == "fail":
        raise ValueError("failed")
    if action == "ask":
        return {"statusCode": 200, "body": json.dumps({"answer": event["body"]})}
    if action == "say":
        client = connections(request)
        for member in everyone():
            try:
                client.post_to_connection(ConnectionId=member["id"], Data=event["body"].encode())
            except client.exceptions.GoneException:
                members.delete_item(Key={"id": member["id"]})
        return {"statusCode": 200}
    if action == "$default":
        connections(request).post_to_connection(
            ConnectionId=request["connectionId"], Data=json.dumps(event).encode()
        )
    return {"statusCode": 200, "body": "dropped"}
