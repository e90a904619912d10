"""What is not here says so by its name, to clients of every protocol; and roles need no IAM."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

CALLS = [
    ("stepfunctions", "start_execution", {"stateMachineArn": "arn:aws:states:a:1:stateMachine:x"}),
    ("firehose", "put_record", {"DeliveryStreamName": "x", "Record": {"Data": b"x"}}),
    ("textract", "detect_document_text", {"Document": {"Bytes": b"x"}}),
    ("resourcegroupstaggingapi", "get_resources", {}),
    ("bedrock-runtime", "invoke_model", {"modelId": "m", "body": b"{}"}),
    ("iot-data", "publish", {"topic": "x"}),
    ("cloudfront", "list_distributions", {}),
    ("rds", "describe_db_instances", {}),
]


@pytest.mark.parametrize(("service", "operation", "given"), CALLS)
def test_a_service_that_is_not_here(
    eventmill: Any, service: str, operation: str, given: dict[str, Any]
) -> None:
    with pytest.raises(ClientError) as error:
        getattr(eventmill.client(service), operation)(**given)
    said = error.value.response
    assert said["ResponseMetadata"]["HTTPStatusCode"] == 501
    assert said["Error"]["Code"] == "NotImplemented"
    assert said["Error"]["Message"].startswith("Eventmill does not offer the service ")
    assert "It offers: " in said["Error"]["Message"]


def test_a_role_s_credentials_may_do_everything(eventmill: Any) -> None:
    arn = "arn:aws:iam::123456789012:role/teams/orders"
    sts = eventmill.client("sts")
    assumed = sts.assume_role(RoleArn=arn, RoleSessionName="night", DurationSeconds=900)
    role = assumed["AssumedRoleUser"]["Arn"]
    assert role == "arn:aws:sts::123456789012:assumed-role/orders/night"
    for given, seconds in ((assumed, 900), (sts.get_session_token(), 3_600)):
        keys = given["Credentials"]
        left = keys["Expiration"].timestamp() - eventmill.inner.clock.now()
        assert abs(left - seconds) < 60
        queues = boto3.client(
            "sqs",
            endpoint_url=eventmill.endpoint,
            region_name="us-east-1",
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"],
            aws_session_token=keys["SessionToken"],
        )
        assert "QueueUrls" not in queues.list_queues()
    with pytest.raises(ClientError, match="orders is invalid") as error:
        sts.assume_role(RoleArn="arn:aws:iam::1:role/orders", RoleSessionName="night")
    assert error.value.response["Error"]["Code"] == "ValidationError"
