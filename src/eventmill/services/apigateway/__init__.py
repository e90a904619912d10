"""Amazon API Gateway's REST APIs: what they are made of and their deployments. Edge serves them."""

from eventmill.services.apigateway import (
    account,
    apis,
    deployments,
    domains,
    exporting,
    gateway_responses,
    importing,
    keys,
    methods,
    parts,
    plans,
    records,
    simple,
    tree,
)
from eventmill.services.apigateway.gateway_responses import STATUS as RESPONSE_STATUS
from eventmill.services.apigateway.gateway_responses import TEMPLATES as RESPONSE_TEMPLATES
from eventmill.services.apigateway.integrations import function_of, target_of
from eventmill.services.apigateway.openapi_models import model_address
from eventmill.services.apigateway.registry import OPERATIONS
from eventmill.services.apigateway.resources import RESOURCES
from eventmill.services.apigateway.schema import SCHEMA
from eventmill.services.contract import Service

# Importing these registers their operations.
_OPERATION_MODULES = (
    account,
    apis,
    deployments,
    domains,
    exporting,
    gateway_responses,
    importing,
    keys,
    methods,
    plans,
    records,
    simple,
    tree,
)

SERVICE = Service("apigateway", OPERATIONS.by_name, SCHEMA, RESOURCES)

__all__ = [
    "RESPONSE_STATUS",
    "RESPONSE_TEMPLATES",
    "SERVICE",
    "function_of",
    "model_address",
    "parts",
    "plans",
    "target_of",
]
