"""What a target gets of an event: all of it, a part, a constant, or a template filled in.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import orjson

from eventmill.patterns.paths import MISSING, steps_of, value_at
from eventmill.patterns.templates import NotShapable, fill, placeholders
from eventmill.services.events import faults

TEMPLATE_LIMIT = 8_192
PATHS_LIMIT = 100
INPUT_LIMIT = 8_192

_RESERVED = (
    "aws.events.rule-arn",
    "aws.events.rule-name",
    "aws.events.event.ingestion-time",
    "aws.events.event",
    "aws.events.event.json",
)


def check(target: Mapping[str, Any]) -> None:
    """Raises Invalid for a target whose input cannot be shaped."""
    number = target["Id"]
    shapes = [name for name in ("Input", "InputPath", "InputTransformer") if target.get(name)]
    if len(shapes) > 1:
        raise faults.validation(
            "Only one of Input, InputPath, or InputTransformer must be provided for target "
            f"{number}."
        )
    if target.get("Input"):
        if len(target["Input"]) > INPUT_LIMIT:
            raise faults.validation(
                f"1 validation error detected: Value '{target['Input']}' at "
                "'targets.1.member.input' failed to satisfy constraint: Member must have length "
                f"less than or equal to {INPUT_LIMIT}"
            )
        try:
            json.loads(target["Input"])
        except ValueError:
            raise faults.validation(f"JSON syntax error in input for target {number}.") from None
    if target.get("InputPath") and steps_of(target["InputPath"]) is None:
        raise faults.validation(f"Invalid InputPath for target {number}.")
    if target.get("InputTransformer"):
        _check_transformer(number, target["InputTransformer"])


def _check_transformer(number: str, transformer: Mapping[str, Any]) -> None:
    paths = transformer.get("InputPathsMap") or {}
    if len(paths) > PATHS_LIMIT or len(transformer["InputTemplate"]) > TEMPLATE_LIMIT:
        raise faults.validation(f"InputTransformer for target {number} is too large.")
    for name, path in paths.items():
        if name.startswith("AWS.") or steps_of(path) is None:
            raise faults.validation(
                f"InputPathsMap for target {number} contains invalid path {name}: {path}."
            )
    for name in placeholders(transformer["InputTemplate"]):
        if name not in paths and name not in _RESERVED:
            raise faults.validation(
                f"InputTemplate for target {number} contains invalid placeholder <{name}>."
            )


def shape(
    target: Mapping[str, Any], event: Mapping[str, Any], rule: Mapping[str, str], ingested: str
) -> bytes:
    """The text for the target. `rule` has `arn` and `name`. Raises NotShapable."""
    if target.get("Input"):
        return str(target["Input"]).encode()
    if target.get("InputPath"):
        value = value_at(event, target["InputPath"])
        return orjson.dumps(None if value is MISSING else value)
    if target.get("InputTransformer"):
        return _fill(target["InputTransformer"], event, rule, ingested).encode()
    return orjson.dumps(event)


def _fill(
    transformer: Mapping[str, Any],
    event: Mapping[str, Any],
    rule: Mapping[str, str],
    ingested: str,
) -> str:
    template = transformer["InputTemplate"].strip()
    values = {
        name: value_at(event, path)
        for name, path in (transformer.get("InputPathsMap") or {}).items()
    }
    envelope = {("detailType" if k == "detail-type" else k): v for k, v in event.items()}
    envelope.pop("detail", None)
    values |= {
        "aws.events.rule-arn": rule["arn"],
        "aws.events.rule-name": rule["name"],
        "aws.events.event.ingestion-time": ingested,
        "aws.events.event.json": event,
        "aws.events.event": envelope,
    }
    is_object = template.startswith(("{", "["))
    filled = fill(template, lambda name: values.get(name, MISSING))
    _check_json(filled, is_object)
    return filled


def _check_json(filled: str, is_object: bool) -> None:
    pieces = [filled] if is_object else [line for line in filled.splitlines() if line.strip()]
    for piece in pieces:
        try:
            json.loads(piece)
        except ValueError:
            raise NotShapable("the filled template is no JSON") from None
