"""botocore's service models, loaded once and only when called for."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from botocore.loaders import Loader
from botocore.model import ServiceModel

_loader = Loader()

JSON_TARGETS = {
    "AmazonSQS": "sqs",
    "DynamoDB_20120810": "dynamodb",
    "DynamoDBStreams_20120810": "dynamodbstreams",
    "AWSEvents": "events",
    "Logs_20140328": "logs",
    "Kinesis_20131202": "kinesis",
    "AmazonSSM": "ssm",
    "secretsmanager": "secretsmanager",
    "GraniteServiceVersion20100801": "cloudwatch",
    "AWSStepFunctions": "stepfunctions",
    "TrentService": "kms",
    "AWSCognitoIdentityProviderService": "cognito-idp",
}
"""Prefix of X-Amz-Target → service."""

QUERY_VERSIONS = {
    "2012-11-05": "sqs",
    "2010-03-31": "sns",
    "2011-06-15": "sts",
    "2010-05-08": "iam",
    "2010-08-01": "cloudwatch",
    "2010-12-01": "ses",
    "2010-05-15": "cloudformation",
    "2015-12-01": "elbv2",
    "2016-11-15": "ec2",
}
"""Version of a query request → service."""

SIGNING_NAMES = {
    "monitoring": "cloudwatch",
    "elasticloadbalancing": "elbv2",
    "email": "ses",
    "execute-api": "apigatewaymanagementapi",
    "states": "stepfunctions",
}
"""Service in the credential scope → service, where the two differ."""

CBOR_NAMES = {"GraniteServiceVersion20100801": "cloudwatch"}
"""Service in an rpc-v2-cbor path → service."""

CBOR_TYPE = "application/x-amz-cbor-1.1"
"""Content type of the older CBOR: JSON's operations with other bodies (Java's Kinesis clients)."""


@lru_cache(maxsize=64)
def service_model(service: str) -> ServiceModel:
    """The model. Raises botocore.exceptions.UnknownServiceError."""
    return ServiceModel(_loader.load_service_model(service, "service-2"), service)


@lru_cache(maxsize=64)
def metadata(service: str) -> dict[str, Any]:
    """The model's metadata: protocol, targetPrefix, jsonVersion …"""
    data: dict[str, Any] = service_model(service).metadata
    return data
