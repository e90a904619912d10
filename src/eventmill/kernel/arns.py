"""Amazon Resource Names.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
"""

from __future__ import annotations

from typing import NamedTuple


class Arn(NamedTuple):
    """The parts of an ARN; `resource` is all that follows the fifth colon."""

    partition: str
    service: str
    region: str
    account: str
    resource: str

    def __str__(self) -> str:
        return f"arn:{self.partition}:{self.service}:{self.region}:{self.account}:{self.resource}"


def parse_arn(text: str) -> Arn:
    """Split `text`. Raises ValueError when it is no ARN."""
    parts = text.split(":", 5)
    if len(parts) != 6 or parts[0] != "arn" or not parts[2] or not parts[5]:
        raise ValueError(f"not an ARN: {text}")
    return Arn(*parts[1:])


def service_of(arn: str) -> str:
    """The service part of an ARN, or an empty string when `arn` is none."""
    parts = arn.split(":", 3)
    return parts[2] if len(parts) == 4 and parts[0] == "arn" else ""


NOTHING_BEHIND = frozenset(
    {
        "appsync",
        "batch",
        "codebuild",
        "codepipeline",
        "ecs",
        "firehose",
        "glue",
        "inspector",
        "redshift",
        "redshift-serverless",
        "sagemaker",
        "ssm",
        "ssm-incidents",
        "states",
        "timestream",
    }
)
"""Services of which only resources' names are kept, and that rules, schedules and pipes may name.

A template that declares such a target deploys. Each event for it is a dead letter; a pipe rests.
"""
