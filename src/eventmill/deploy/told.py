"""What DescribeStacks tells of a stack beside its outputs.

https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_Stack.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eventmill.services.contract import attribute_text
from eventmill.template import Parameter, Template
from eventmill.template.parameters import is_stored


def told(template: Template, values: Mapping[str, Any]) -> dict[str, Any]:
    """Description, Parameters with their values, and Descriptions of outputs by their names."""
    return {
        "Description": template.description,
        "Parameters": [
            _parameter(declared, values[name])
            for name, declared in template.parameters.items()
            if name in values
        ],
        "Descriptions": {
            output.name: output.description
            for output in template.outputs.values()
            if output.description
        },
    }


def _parameter(declared: Parameter, value: Any) -> dict[str, str]:
    text = ",".join(map(str, value)) if isinstance(value, list) else attribute_text(value)
    if str(declared.declaration.get("NoEcho", "")).lower() == "true":
        text = "****"
    # Of one that lies in Parameter Store the value is its name, which the record has not.
    named = "ResolvedValue" if is_stored(declared) else "ParameterValue"
    return {"ParameterKey": declared.name, named: text}
