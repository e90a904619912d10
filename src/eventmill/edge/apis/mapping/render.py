"""Rendering one mapping template."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eventmill.edge.apis.mapping.inputs import Input
from eventmill.edge.apis.mapping.util import UTIL
from eventmill.velocity import parse

_QUIET = frozenset({"input", "context", "stageVariables", "util"})
"""What is missing below these leaves nothing, where other names would stay in the text."""


def render(
    template: str, given: Input, context: Mapping[str, Any], variables: Mapping[str, str]
) -> str:
    """The template's text. It may write into `context` (overrides). Raises VelocityError."""
    values = {"input": given, "util": UTIL, "context": context, "stageVariables": variables}
    return parse(template).render(values, _QUIET)
