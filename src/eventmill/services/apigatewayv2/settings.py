"""What the parts of an API may hold; each check raises Invalid (BadRequestException).

https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/api-reference.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from eventmill.kernel.errors import Fault, Invalid

_METHODS = "GET|HEAD|OPTIONS|PATCH|POST|PUT|DELETE|ANY"
_ROUTE = re.compile(rf"(?:{_METHODS}) /\S*\Z")
_STAGE = re.compile(r"\$default|[A-Za-z0-9_-]{1,128}")
_SELECTION = re.compile(r"[^$]*(?:\$\{?request\.(?:body|header)\.[\w.-]+\}?[^$]*)+")
_WEBSOCKET_TYPES = ("AWS", "AWS_PROXY", "HTTP", "HTTP_PROXY", "MOCK")
SUBTYPES = {
    "EventBridge-PutEvents": ("Detail", "DetailType", "Source"),
    "SQS-SendMessage": ("QueueUrl", "MessageBody"),
    "SQS-ReceiveMessage": ("QueueUrl",),
    "SQS-DeleteMessage": ("ReceiptHandle", "QueueUrl"),
    "SQS-PurgeQueue": ("QueueUrl",),
    "Kinesis-PutRecord": ("StreamName", "Data", "PartitionKey"),
}
"""First-class service integrations by their subtype, with the parameters that each needs."""
ELSEWHERE = ("AppConfig-", "StepFunctions-")
"""Of services that are not here: their calls fail, the rest of the API works."""
_PRIVATE = re.compile(r"arn:aws[a-z-]*:(?:elasticloadbalancing|servicediscovery):")


def bad(message: str) -> Fault:
    """A setting that is not taken."""
    return Invalid("BadRequestException", message)


def endpoint_of(endpoint: str, api: Mapping[str, Any]) -> str:
    """Where an API answers, without its stage."""
    base = endpoint
    if api["ProtocolType"] == "WEBSOCKET":
        base = endpoint.replace("http", "ws", 1)
    return f"{base}/_aws/execute-api/{api['ApiId']}"


def check(kind: str, config: Mapping[str, Any], protocol: str) -> None:
    """`protocol` is that of the API which the part belongs to. Raises Invalid."""
    if kind == "api":
        _api(config)
    elif kind == "integration":
        _integration(config, protocol)
    elif kind == "authorizer":
        _authorizer(config, protocol)
    elif kind == "route":
        _route(config, protocol)
    elif kind == "stage" and not _STAGE.fullmatch(config.get("StageName") or ""):
        raise bad("Stage name only allows a-zA-Z0-9_- or $default")


def _api(config: Mapping[str, Any]) -> None:
    if config.get("ProtocolType") not in ("HTTP", "WEBSOCKET"):
        raise bad("Invalid protocol specified. Must be one of [HTTP, WEBSOCKET]")
    if config["ProtocolType"] == "HTTP":
        cors = config.get("CorsConfiguration") or {}
        if cors.get("AllowCredentials") and "*" in (cors.get("AllowOrigins") or []):
            raise bad("Allow Origin * is not allowed when Allow-Credentials is true")
        return
    if config.get("CorsConfiguration"):
        raise bad("CORS configuration is not supported for WEBSOCKET APIs")
    expression = config.get("RouteSelectionExpression") or ""
    if not _SELECTION.fullmatch(expression):
        raise bad(f"Invalid route selection expression specified: {expression}")


def _integration(config: Mapping[str, Any], protocol: str) -> None:
    kind, subtype = config.get("IntegrationType"), config.get("IntegrationSubtype")
    allowed = ("AWS_PROXY", "HTTP_PROXY") if protocol == "HTTP" else _WEBSOCKET_TYPES
    if kind not in allowed:
        raise bad(f"Integration type {kind} is not supported for {protocol} APIs")
    timeout = config.get("TimeoutInMillis")
    longest = 30_000 if protocol == "HTTP" else 29_000
    if timeout is not None and not 50 <= int(timeout) <= longest:
        raise bad(f"Timeout should be between 50 ms and {longest} ms")
    version = config.get("PayloadFormatVersion") or "1.0"
    if version not in ("1.0", "2.0"):
        raise bad(f"Invalid payload format version specified: {version}")
    if subtype:
        _first_class(config, subtype)
    elif kind != "MOCK":
        _target(config, str(kind), protocol)


def _first_class(config: Mapping[str, Any], subtype: str) -> None:
    if subtype.startswith(ELSEWHERE):
        return
    if subtype not in SUBTYPES:
        raise bad(f"Integration subtype {subtype} is not supported")
    given = config.get("RequestParameters") or {}
    missing = [name for name in SUBTYPES[subtype] if name not in given]
    if missing:
        raise bad(f"{subtype} needs the request parameters {', '.join(missing)}")


def _target(config: Mapping[str, Any], kind: str, protocol: str) -> None:
    uri = config.get("IntegrationUri") or ""
    if kind.startswith("HTTP"):
        private = config.get("ConnectionType") == "VPC_LINK" and protocol == "HTTP"
        if not uri.startswith(("http://", "https://")) and not (private and _PRIVATE.match(uri)):
            raise bad(f"IntegrationUri {uri} is no address of an HTTP server")
    elif function_of(uri) is None and not (kind == "AWS" and ":apigateway:" in uri):
        raise bad(f"IntegrationUri {uri} names no Lambda function")


def _authorizer(config: Mapping[str, Any], protocol: str) -> None:
    kind = config.get("AuthorizerType")
    if kind == "JWT" and protocol == "HTTP":
        given = config.get("JwtConfiguration") or {}
        if not given.get("Issuer") or not given.get("Audience"):
            raise bad("JWT authorizers need an Issuer and an Audience")
        return
    if kind != "REQUEST":
        raise bad(f"Authorizer type {kind} is not supported for {protocol} APIs")
    if function_of(config.get("AuthorizerUri") or "") is None:
        raise bad(f"AuthorizerUri {config.get('AuthorizerUri')} names no Lambda function")
    ttl = config.get("AuthorizerResultTtlInSeconds")
    if ttl is not None and not 0 <= int(ttl) <= 3_600:
        raise bad("AuthorizerResultTtlInSeconds must be between 0 and 3600")
    version = config.get("AuthorizerPayloadFormatVersion")
    if protocol == "HTTP" and version not in ("1.0", "2.0"):
        raise bad("AuthorizerPayloadFormatVersion is a required parameter for REQUEST authorizer")
    if config.get("EnableSimpleResponses") and version != "2.0":
        raise bad("EnableSimpleResponses is only supported for payload format version 2.0")


def _route(config: Mapping[str, Any], protocol: str) -> None:
    key = config.get("RouteKey") or ""
    if not key or (protocol == "HTTP" and key != "$default" and not _ROUTE.match(key)):
        raise bad(f"The provided route key is not formatted properly: {key}")
    kind = config.get("AuthorizationType") or "NONE"
    if kind not in ("NONE", "CUSTOM", "AWS_IAM", "JWT"):
        raise bad(f"Invalid authorization type specified: {kind}")
    if kind in ("CUSTOM", "JWT") and not config.get("AuthorizerId"):
        raise bad(f"Authorization type {kind} needs an AuthorizerId")
    if protocol == "WEBSOCKET" and kind != "NONE" and key != "$connect":
        raise bad("Currently, authorization is restricted to the $connect route only")


def function_of(uri: str) -> str | None:
    """The function's ARN in an integration's address, or None."""
    found = re.search(r"arn:aws[a-z-]*:lambda:[^/]*:function:[^/]+", uri)
    return found.group(0) if found else None
