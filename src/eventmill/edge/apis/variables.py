"""Stage variables in URIs, replaced when a stage is loaded.

https://docs.aws.amazon.com/apigateway/latest/developerguide/aws-api-gateway-stage-variables-reference.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_VARIABLE = re.compile(r"\$\{stageVariables\.([\w-]+)\}")


def with_stage_variables(text: str, variables: Mapping[str, str]) -> str:
    """`text` with each `${stageVariables.x}` replaced; one that is not set becomes empty."""
    if "${" not in text:
        return text
    return _VARIABLE.sub(lambda found: str(variables.get(found.group(1), "")), text)
