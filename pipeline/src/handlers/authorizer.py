"""Who may come in: one authorizer for the HTTP API, one for the WebSocket."""

from typing import Any

from adapters import tokens


def http(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Payload 2.0, simple response: `Authorization: Bearer <token>`."""
    header = (event.get("headers") or {}).get("authorization", "")
    tenant = tokens.tenant_of(header.removeprefix("Bearer ").strip())
    return {"isAuthorized": tenant is not None, "context": {"tenant": tenant or ""}}


def socket(event: dict[str, Any], context: object) -> dict[str, Any]:
    """A policy for $connect: `?token=<token>`."""
    tenant = tokens.tenant_of((event.get("queryStringParameters") or {}).get("token", ""))
    return {
        "principalId": tenant or "nobody",
        "context": {"tenant": tenant or ""},
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Action": "execute-api:Invoke",
                    "Effect": "Allow" if tenant else "Deny",
                    "Resource": event["methodArn"],
                }
            ],
        },
    }
