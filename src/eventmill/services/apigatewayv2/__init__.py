"""Amazon API Gateway's HTTP and WebSocket APIs: what they are made of. Edge serves them."""

from eventmill.services.apigatewayv2 import members, openapi, parts, rules
from eventmill.services.apigatewayv2.operations import OPERATIONS
from eventmill.services.apigatewayv2.resources import RESOURCES
from eventmill.services.apigatewayv2.schema import SCHEMA
from eventmill.services.apigatewayv2.settings import function_of
from eventmill.services.contract import Service

__all__ = ["SERVICE", "function_of", "members", "openapi", "parts", "rules"]

SERVICE = Service("apigatewayv2", OPERATIONS.by_name, SCHEMA, (*RESOURCES, rules.ROUTING_RULE))
"""Its operations are collected by operations, members, openapi and rules."""
