"""botocore's service models, loaded once and only when called for."""

from __future__ import annotations

import copy
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


_QUERY_MEMBERS = {
    "Attributes": "Attribute",
    "MessageAttributes": "MessageAttribute",
    "MessageSystemAttributes": "MessageSystemAttribute",
    "tags": "Tag",
    "Tags": "Tag",
}
_QUERY_ELEMENTS = {
    "AWSAccountIdList": "AWSAccountId",
    "ActionNameList": "ActionName",
    "AttributeNameList": "AttributeName",
    "MessageAttributeNameList": "MessageAttributeName",
    "MessageSystemAttributeList": "MessageSystemAttributeName",
    "QueueUrlList": "QueueUrl",
    "TagKeyList": "TagKey",
}


@lru_cache(maxsize=64)
def query_model(service: str) -> ServiceModel:
    """The model for the query protocol, whose names SQS' model has lost to JSON's.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-making-api-requests-xml.html
    """
    if service != "sqs":
        return service_model(service)
    description = copy.deepcopy(_loader.load_service_model(service, "service-2"))
    description["metadata"]["xmlNamespace"] = "http://queue.amazonaws.com/doc/2012-11-05/"
    shapes = description["shapes"]
    for name, shape in shapes.items():
        if shape["type"] == "list":
            element = shape["member"]["shape"]
            structured = element if shapes[element]["type"] == "structure" else None
            named = _QUERY_ELEMENTS.get(name, structured)
            if named is not None:
                shape["member"]["locationName"] = named
        elif shape["type"] == "map":
            shape["key"]["locationName"] = "Key" if name == "TagMap" else "Name"
            shape["value"]["locationName"] = "Value"
        elif shape["type"] == "structure":
            for member, held in shape["members"].items():
                if shapes[held["shape"]]["type"] == "map" and member in _QUERY_MEMBERS:
                    held["locationName"] = _QUERY_MEMBERS[member]
    return ServiceModel(description, service)


@lru_cache(maxsize=64)
def metadata(service: str) -> dict[str, Any]:
    """The model's metadata: protocol, targetPrefix, jsonVersion …"""
    data: dict[str, Any] = service_model(service).metadata
    return data
