"""boto3's clients, made when first used, so that a function pays only for what it calls."""

import os
from collections.abc import Callable
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError


@cache
def client(service: str, endpoint: str | None = None) -> Any:
    """One client for each service and execution environment."""
    config = Config(
        retries={"mode": "standard", "total_max_attempts": 4},
        # Presigned addresses must carry the region's own signature version.
        signature_version="s3v4" if service == "s3" else None,
    )
    return boto3.client(service, endpoint_url=endpoint, config=config)


@cache
def table(variable: str) -> Any:
    """The table whose name an environment variable holds."""
    return boto3.resource("dynamodb").Table(os.environ[variable])


def holds(write: Callable[..., Any], **request: Any) -> bool:
    """Whether a conditional write's condition held, and so the write was made."""
    try:
        write(**request)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
        return False
    return True
