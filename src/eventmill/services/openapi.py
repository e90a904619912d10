"""The texts of OpenAPI documents."""

from __future__ import annotations

import json
from typing import Any


def read(text: str | bytes) -> Any:
    """What a text in JSON or YAML holds, as JSON has it. Raises ValueError for one in neither."""
    try:
        return json.loads(text)
    except ValueError:
        pass
    import yaml

    from eventmill.kernel.yaml_text import Loader

    try:
        # Keys become texts, and what JSON does not have (sets, bytes, circles) is found out.
        return json.loads(json.dumps(yaml.load(text, Loader)))
    except (yaml.YAMLError, TypeError, ValueError) as error:
        raise ValueError(str(error)) from None
