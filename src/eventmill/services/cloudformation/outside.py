"""Types that more than one transaction makes: deploy asks a function, or deploys another template.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_CloudFormation.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eventmill.kernel.errors import UsageError
from eventmill.services.contract import EVERYTHING, Call, Created, Resource, ResourceType, Support

CUSTOM = "AWS::CloudFormation::CustomResource"
STACK = "AWS::CloudFormation::Stack"


def _never(call: Call, resource: Resource) -> Created:
    raise UsageError(f"{resource.logical_id} can only be made by a deployment")


def _never_changed(call: Call, resource: Resource, old: Mapping[str, Any]) -> Created:
    return _never(call, resource)


def _gone(call: Call, resource: Resource) -> None:
    """Deploy has seen to it."""


RESOURCES = (
    ResourceType(CUSTOM, {EVERYTHING: Support.HONOURED}, _never, _never_changed, _gone),
    ResourceType(
        STACK,
        dict.fromkeys(("TemplateURL", "Parameters"), Support.HONOURED)
        | dict.fromkeys(
            ("NotificationARNs", "TimeoutInMinutes", "Tags", "StackName", "Description"),
            Support.RECORDED,
        ),
        _never,
        _never_changed,
        _gone,
    ),
)
