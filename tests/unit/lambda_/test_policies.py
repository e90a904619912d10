from __future__ import annotations

import json
from typing import Any

import pytest

from eventmill.kernel.errors import Conflict, NotFound
from eventmill.kernel.policies import of_service
from eventmill.services.lambda_ import may_invoke

from .conftest import FUNCTION, Service

BUCKET = "arn:aws:s3:::pictures"
S3 = of_service("s3.amazonaws.com", source=BUCKET, account="111111111111")


@pytest.mark.parametrize(
    ("statement", "allowed"),
    [
        ({}, True),
        ({"SourceArn": BUCKET}, True),
        ({"SourceArn": "arn:aws:s3:::pic*"}, True),
        ({"SourceArn": "arn:aws:s3:::other"}, False),
        ({"SourceAccount": "111111111111"}, True),
        ({"SourceAccount": "222222222222"}, False),
        ({"Principal": "*"}, True),
        ({"Principal": "sns.amazonaws.com"}, False),
        ({"Action": "lambda:*"}, True),
        ({"Action": "lambda:InvokeFunctionUrl"}, False),
        ({"Principal": "*", "FunctionUrlAuthType": "NONE"}, False),
    ],
)
def test_may_invoke(service: Service, statement: dict[str, Any], allowed: bool) -> None:
    service.function()
    given = {"Principal": "s3.amazonaws.com", "Action": "lambda:InvokeFunction"} | statement
    service("AddPermission", FunctionName="f", StatementId="s", **given)
    assert may_invoke(service.tx, FUNCTION, S3) is allowed


def test_nothing_may_invoke_without_a_statement(service: Service) -> None:
    service.function()
    assert not may_invoke(service.tx, FUNCTION, S3)
    assert not may_invoke(service.tx, f"{FUNCTION}x", S3)


def test_statements_come_and_go(service: Service) -> None:
    service.function()
    given = {"Principal": "events.amazonaws.com", "Action": "lambda:InvokeFunction"}
    service("AddPermission", FunctionName="f", StatementId="s", SourceArn="arn:x", **given)
    with pytest.raises(Conflict):
        service("AddPermission", FunctionName="f", StatementId="s", **given)
    policy = json.loads(service("GetPolicy", FunctionName="f")["Policy"])
    assert policy["Statement"][0]["Condition"] == {"ArnLike": {"AWS:SourceArn": "arn:x"}}
    service("RemovePermission", FunctionName="f", StatementId="s")
    for operation in ("GetPolicy", "RemovePermission"):
        with pytest.raises(NotFound):
            service(operation, FunctionName="f", StatementId="s")
