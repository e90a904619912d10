"""The resource types that AWS has, so that a name which is only misspelt is found out.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-template-resource-type-ref.html
"""

from __future__ import annotations

from functools import cache
from pathlib import Path


@cache
def _services() -> dict[str, tuple[str, tuple[str, ...]]]:
    """(its client's name, its types) by the service's name in templates; see the file's head."""
    found = {}
    for line in Path(__file__).with_name("types.txt").read_text().splitlines():
        if not line.startswith("#"):
            head, *types = line.split(" ")
            service, said, client = head.partition("=")
            found[service] = (client if said else service.lower(), tuple(types))
    return found


def client(service: str) -> str:
    """The name that SDKs have for a service of templates (`RDS`); empty when they have none."""
    return _services()[service][0]


@cache
def aws_types() -> frozenset[str]:
    """Every name, such as `AWS::RDS::DBInstance`."""
    pairs = _services().items()
    return frozenset(f"AWS::{service}::{name}" for service, (_, names) in pairs for name in names)
