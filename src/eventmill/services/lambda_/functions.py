"""Functions, versions and aliases as rows, and which of them a call reaches."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

from eventmill.kernel.functions import FunctionSpec
from eventmill.services.lambda_.names import not_found, parse
from eventmill.store.transaction import Row, Transaction

_COLUMNS = "name, version, config, code, layers, revision"
_specs: dict[tuple[str, str, str, int | None], FunctionSpec] = {}


def config_of(tx: Transaction, name: str, version: str = "$LATEST") -> dict[str, Any] | None:
    """The API's FunctionConfiguration, or None."""
    row = tx.one("SELECT config FROM lambda_functions WHERE name=? AND version=?", (name, version))
    return None if row is None else json.loads(row[0])


def version_of(tx: Transaction, name: str, qualifier: str) -> str:
    """The version that a qualifier reaches; an alias with weights chooses at random by them."""
    if qualifier in ("", "$LATEST"):
        return "$LATEST"
    if qualifier.isdigit():
        return qualifier
    row = tx.one(
        "SELECT version, weights FROM lambda_aliases WHERE function=? AND name=?",
        (name, qualifier),
    )
    if row is None:
        return qualifier
    for version, weight in json.loads(row[1]).items():
        if random.random() < weight:
            return str(version)
    return str(row[0])


def resolve(tx: Transaction, function: str, qualifier: str | None = None) -> FunctionSpec:
    """What runs when `function` (name or ARN) is called now.

    Raises NotFound (ResourceNotFoundException).
    """
    named = parse(function, qualifier)
    version = version_of(tx, named.name, named.qualifier)
    row = tx.one(
        "SELECT f.name, f.version, f.revision, c.reserved FROM lambda_functions f"
        " LEFT JOIN lambda_concurrency c ON c.function=f.name WHERE f.name=? AND f.version=?",
        (named.name, version),
    )
    if row is None:
        raise not_found(function)
    spec = _specs.get((row[0], row[1], row[2], row[3]))
    if spec is None:
        full = tx.one(
            f"SELECT {_COLUMNS} FROM lambda_functions WHERE name=? AND version=?", row[:2]
        )
        assert full is not None
        if len(_specs) > 5_000:
            _specs.clear()
        spec = _specs[(row[0], row[1], row[2], row[3])] = _spec(full, row[3])
    return spec


def _spec(row: Row, reserved: int | None) -> FunctionSpec:
    name, version, text, code, layers, revision = row
    config = json.loads(text)
    logging = config.get("LoggingConfig") or {}
    return FunctionSpec(
        arn=unqualified(config["FunctionArn"]),
        name=name,
        version=version,
        revision=revision,
        runtime=config.get("Runtime", ""),
        handler=config.get("Handler", ""),
        code=Path(code),
        layers=tuple(Path(folder) for folder in json.loads(layers)),
        timeout=float(config["Timeout"]),
        memory_mb=config["MemorySize"],
        storage_mb=config["EphemeralStorage"]["Size"],
        environment=(config.get("Environment") or {}).get("Variables") or {},
        role=config.get("Role", ""),
        log_group=logging.get("LogGroup") or f"/aws/lambda/{name}",
        log_format=logging.get("LogFormat", "Text"),
        application_log_level=logging.get("ApplicationLogLevel"),
        system_log_level=logging.get("SystemLogLevel"),
        tracing=config["TracingConfig"]["Mode"],
        reserved_concurrency=reserved,
    )


def unqualified(arn: str) -> str:
    """A function's ARN without version or alias."""
    return ":".join(arn.split(":")[:7])


def qualifier_of(arn: str) -> str:
    """The version or alias of a function's ARN; empty without one."""
    parts = arn.split(":")
    return parts[7] if len(parts) > 7 else ""


def exists(tx: Transaction, arn: str) -> bool:
    """Whether the function, version or alias that `arn` names exists."""
    named = parse(arn)
    version = version_of(tx, named.name, named.qualifier)
    return config_of(tx, named.name, version) is not None
