"""Queues, topics and functions that a template connects to a source, and lets nobody into.

Such a stack is made, on AWS too, and then loses its events: better said before.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from eventmill.template import Template, references

_POLICIES = {
    "AWS::SQS::QueueInlinePolicy": "Queue",
    "AWS::SQS::QueuePolicy": "Queues",
    "AWS::SNS::TopicInlinePolicy": "TopicArn",
    "AWS::SNS::TopicPolicy": "Topics",
}
"""Types, and the property that says what a policy lies on."""
_PERMISSION = "AWS::Lambda::Permission"
_GUARDED = {
    "AWS::SQS::Queue": "AWS::SQS::QueuePolicy",
    "AWS::SNS::Topic": "AWS::SNS::TopicPolicy",
    "AWS::Lambda::Alias": _PERMISSION,
    "AWS::Lambda::Function": _PERMISSION,
    "AWS::Lambda::Version": _PERMISSION,
}
"""Types of what is pushed into, and the type that lets a service in."""


def unadmitted(template: Template) -> Iterator[tuple[str, str]]:
    """(resource that pushes, what is to be said of it)."""
    open_ones: set[str] = set()
    for declared in template.resources.values():
        if declared.type in _POLICIES:
            open_ones |= references(declared.properties.get(_POLICIES[declared.type]))
    permitted = _permitted(template)
    for declared in template.resources.values():
        pushes = _PUSHES.get(declared.type)
        for service, node in pushes(declared.properties) if pushes else ():
            for name in sorted(references(node) - open_ones):
                kind = template.resources[name].type if name in template.resources else ""
                permits = _GUARDED.get(kind) == _PERMISSION and permitted(name, service)
                if kind in _GUARDED and not permits:
                    yield (
                        declared.logical_id,
                        f"{kind} {name} gets nothing from {declared.type} {declared.logical_id}: "
                        f"no {_GUARDED[kind]} lets {service}.amazonaws.com in",
                    )


def _permitted(template: Template) -> Callable[[str, str], bool]:
    """Tells of a function, version or alias whether some permission may let a service in.

    One that names its function or service in a way that only the deployment will know may.
    """
    found = [
        declared.properties
        for declared in template.resources.values()
        if declared.type == _PERMISSION
    ]

    def permitted(name: str, service: str) -> bool:
        same = {name, *references(template.resources[name].properties.get("FunctionName"))}
        for properties in found:
            principal = properties.get("Principal")
            text = principal if isinstance(principal, str) else "*"
            functions = {
                other
                for other in references(properties.get("FunctionName"))
                if (one := template.resources.get(other)) and _GUARDED.get(one.type) == _PERMISSION
            }
            if text in ("*", f"{service}.amazonaws.com") and (not functions or functions & same):
                return True
        return False

    return permitted


Push = tuple[str, Any]
"""(service, where it pushes to)."""


def _of_rule(properties: Mapping[str, Any]) -> Iterator[Push]:
    for target in _objects(properties.get("Targets")):
        if not target.get("RoleArn"):
            yield "events", target.get("Arn")
        yield "events", target.get("DeadLetterConfig")


def _of_subscription(properties: Mapping[str, Any]) -> Iterator[Push]:
    if properties.get("Protocol") in ("sqs", "lambda"):
        yield "sns", properties.get("Endpoint")
    yield "sns", properties.get("RedrivePolicy")


def _of_topic(properties: Mapping[str, Any]) -> Iterator[Push]:
    for subscription in _objects(properties.get("Subscription")):
        yield from _of_subscription(subscription)


def _of_bucket(properties: Mapping[str, Any]) -> Iterator[Push]:
    notifications = properties.get("NotificationConfiguration")
    if isinstance(notifications, dict):
        for kind in ("Lambda", "Queue", "Topic"):
            for one in _objects(notifications.get(f"{kind}Configurations")):
                yield "s3", one.get("Function" if kind == "Lambda" else kind)


def _of_integration(properties: Mapping[str, Any]) -> Iterator[Push]:
    if properties.get("IntegrationType") == "AWS_PROXY" and not properties.get("CredentialsArn"):
        yield "apigateway", properties.get("IntegrationUri")


def _of_authorizer(properties: Mapping[str, Any]) -> Iterator[Push]:
    if not properties.get("AuthorizerCredentialsArn"):
        yield "apigateway", properties.get("AuthorizerUri")


def _of_pool(properties: Mapping[str, Any]) -> Iterator[Push]:
    triggers = properties.get("LambdaConfig")
    for function in triggers.values() if isinstance(triggers, dict) else ():
        versioned = isinstance(function, dict) and "LambdaArn" in function
        yield "cognito-idp", function["LambdaArn"] if versioned else function


def _of_quick_create(properties: Mapping[str, Any]) -> Iterator[Push]:
    if not properties.get("CredentialsArn"):
        yield "apigateway", properties.get("Target")


def _of_method(properties: Mapping[str, Any]) -> Iterator[Push]:
    integration = properties.get("Integration")
    if isinstance(integration, dict) and not integration.get("Credentials"):
        yield from _of_rest(integration.get("Uri"))


def _of_rest_authorizer(properties: Mapping[str, Any]) -> Iterator[Push]:
    if not properties.get("AuthorizerCredentials"):
        yield from _of_rest(properties.get("AuthorizerUri"))


def _of_rest(uri: Any) -> Iterator[Push]:
    """Addresses of other services name queues and the like, which are asked by a role."""
    if ":lambda:path/" in json.dumps(uri):
        yield "apigateway", uri


def _objects(node: Any) -> list[Mapping[str, Any]]:
    """Those of a list that are written out; a function gives others, later."""
    return [one for one in node if isinstance(one, dict)] if isinstance(node, list) else []


_PUSHES = {
    "AWS::ApiGateway::Authorizer": _of_rest_authorizer,
    "AWS::ApiGateway::Method": _of_method,
    "AWS::ApiGatewayV2::Api": _of_quick_create,
    "AWS::ApiGatewayV2::Authorizer": _of_authorizer,
    "AWS::ApiGatewayV2::Integration": _of_integration,
    "AWS::Cognito::UserPool": _of_pool,
    "AWS::Events::Rule": _of_rule,
    "AWS::S3::Bucket": _of_bucket,
    "AWS::SNS::Subscription": _of_subscription,
    "AWS::SNS::Topic": _of_topic,
}
