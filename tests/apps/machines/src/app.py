"""What programs read, and what their tokens are stamped with."""

import json
import os


def read(event, context):
    body = {"tokens": os.environ["TOKENS"], **event["requestContext"]["authorizer"]["jwt"]}
    return {"statusCode": 200, "body": json.dumps(body)}


def stamp(event, context):
    metadata = event["request"].get("clientMetadata") or {}
    if metadata.get("refuse"):
        raise ValueError(metadata["refuse"])
    claims = {"event": json.loads(json.dumps(event)), "tenant": metadata.get("tenant")}
    token = {"claimsToAddOrOverride": claims, "scopesToAdd": ["orders/stamped"]}
    event["response"]["claimsAndScopeOverrideDetails"] = {"accessTokenGeneration": token}
    return event
