"""Functions and their versions as rows, and which of them a call reaches."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from eventmill.kernel.errors import NotFound
from eventmill.kernel.functions import FunctionSpec
from eventmill.services.contract import Call
from eventmill.services.lambda_ import recorded
from eventmill.services.lambda_.code import folder_key
from eventmill.services.lambda_.names import (
    Named,
    function_arn,
    not_found,
    parse,
    unqualified,
)
from eventmill.store.transaction import Row, Transaction

FUNCTIONS_KEY = "lambda.functions"
"""Announced when a function, an alias or a reserved concurrency changed or went."""

LATEST = "$LATEST"

_CACHED = 5_000
_specs: dict[Row, FunctionSpec] = {}
"""By revision, which is a digest of a version's settings and code, reserved concurrency, and
whether loops are allowed."""


def save(
    tx: Transaction,
    config: Mapping[str, Any],
    folder: str,
    layers: str,
    source: str = "",
) -> None:
    """Write a version: its configuration, folder of code and JSON list of layers' folders.

    `source` is the RevisionId of $LATEST that a numbered version was published from.
    """
    text = json.dumps(config)
    # A digest and not the RevisionId: two engines of one process with the same seed give the
    # same ids to different functions, and specs are cached for all of them.
    revision = hashlib.sha256(f"{text}\0{folder}\0{layers}".encode()).hexdigest()[:32]
    tx.execute(
        "INSERT OR REPLACE INTO lambda_functions VALUES(?,?,?,?,?,?,?)",
        (config["FunctionName"], config["Version"], text, folder, layers, revision, source),
    )


def delete_version(call: Call, name: str, version: str) -> bool:
    """Delete a version with all that is attached to it; False when there is none."""
    gone = call.tx.execute(
        "DELETE FROM lambda_functions WHERE name=? AND version=?", (name, version)
    )
    drop_qualified(call.tx, name, version)
    changed(call, name)
    return gone.rowcount > 0


def drop_qualified(tx: Transaction, name: str, qualifier: str) -> None:
    """Drop the policy, URL and configurations attached to a version or an alias.

    A later alias of the same name must not come into them.
    """
    for table in ("policies", "invoke_configs", "urls", "provisioned"):
        tx.execute(
            f"DELETE FROM lambda_{table} WHERE function=? AND qualifier=?", (name, qualifier)
        )
    recorded.remove(tx, name, recorded.runtime(qualifier))


def config_of(tx: Transaction, name: str, version: str = LATEST) -> dict[str, Any] | None:
    """The API's FunctionConfiguration, or None."""
    row = tx.one("SELECT config FROM lambda_functions WHERE name=? AND version=?", (name, version))
    return None if row is None else json.loads(row[0])


def code_sha256(tx: Transaction, name: str) -> str:
    """Of a function's code as it is deployed now. Raises NotFound."""
    config = config_of(tx, name)
    if config is None:
        raise not_found(name)
    return str(config["CodeSha256"])


def function_names(tx: Transaction) -> list[str]:
    """Of all functions."""
    rows = tx.all("SELECT name FROM lambda_functions WHERE version=? ORDER BY name", (LATEST,))
    return [row[0] for row in rows]


def names_layer(tx: Transaction, name: str) -> bool:
    """Whether any function names a version of a layer of that name, of whichever account."""
    pattern = f"%:layer:{name}%"
    return tx.one("SELECT 1 FROM lambda_functions WHERE config LIKE ?", (pattern,)) is not None


def code_folders(tx: Transaction) -> set[str]:
    """The folders that functions and layers use: what the code store's sweep must keep."""
    used: set[str] = set()
    for folder, layers in tx.all("SELECT code, layers FROM lambda_functions"):
        used |= {folder, *json.loads(layers)}
    rows = tx.all("SELECT folder FROM lambda_layers WHERE config IS NOT NULL")
    return used | {row[0] for row in rows}


def folder_of(tx: Transaction, key: str) -> str | None:
    """The folder of a function or layer by the key that its `Location` carries; or None."""
    return next((folder for folder in code_folders(tx) if folder_key(folder) == key), None)


def existing(call: Call, who: Named) -> dict[str, Any]:
    """The configuration of what `who` reaches. Raises NotFound."""
    config = config_of(call.tx, who.name, version_of(call.tx, who.name, who.qualifier))
    if config is None:
        raise not_found(function_arn(call, who.name, who.qualifier))
    return config


def version_of(tx: Transaction, name: str, qualifier: str) -> str:
    """The version that a qualifier reaches; an alias with weights chooses at random by them."""
    if qualifier in ("", LATEST):
        return LATEST
    if qualifier.isdigit():
        return qualifier
    row = tx.one(
        "SELECT version, weights FROM lambda_aliases WHERE function=? AND name=?",
        (name, qualifier),
    )
    if row is None:
        return qualifier
    if row[1] != "{}":
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
        "SELECT f.revision, c.reserved, r.function IS NOT NULL FROM lambda_functions f"
        " LEFT JOIN lambda_concurrency c ON c.function=f.name"
        " LEFT JOIN lambda_recursion r ON r.function=f.name WHERE f.name=? AND f.version=?",
        (named.name, version),
    )
    if row is None:
        raise not_found(function)
    spec = _specs.get(row)
    if spec is None:
        full = tx.one(
            "SELECT name, version, config, code, layers, revision FROM lambda_functions"
            " WHERE name=? AND version=?",
            (named.name, version),
        )
        assert full is not None
        if len(_specs) >= _CACHED:
            _specs.clear()
        spec = _specs[row] = _spec(full, row[1], may_recurse=bool(row[2]))
    return spec


def runs(tx: Transaction, function: str) -> bool:
    """Whether calls of the function are served at all: it exists and is not stopped."""
    try:
        return resolve(tx, function).reserved_concurrency != 0
    except NotFound:
        return False


def _spec(row: Row, reserved: int | None, *, may_recurse: bool) -> FunctionSpec:
    name, version, text, code, layers, revision = row
    config = json.loads(text)
    logging = config["LoggingConfig"]
    return FunctionSpec(
        arn=unqualified(config["FunctionArn"]),
        name=name,
        version=version,
        revision=revision,
        runtime=config["Runtime"],
        handler=config.get("Handler") or "",
        code=Path(code),
        layers=tuple(Path(folder) for folder in json.loads(layers)),
        timeout=float(config["Timeout"]),
        memory_mb=config["MemorySize"],
        storage_mb=config["EphemeralStorage"]["Size"],
        environment=(config.get("Environment") or {}).get("Variables") or {},
        role=config.get("Role") or "",
        log_group=logging["LogGroup"],
        log_format=logging["LogFormat"],
        application_log_level=logging.get("ApplicationLogLevel"),
        system_log_level=logging.get("SystemLogLevel"),
        tracing=config["TracingConfig"]["Mode"],
        reserved_concurrency=reserved,
        may_recurse=may_recurse,
        per_tenant="TenancyConfig" in config,
    )


def exists(tx: Transaction, arn: str) -> bool:
    """Whether the function, version or alias that `arn` names exists."""
    named = parse(arn)
    return config_of(tx, named.name, version_of(tx, named.name, named.qualifier)) is not None


def changed(call: Call, name: str) -> None:
    """Have everyone look at the function anew, and its idle environments end."""
    call.tx.announce(FUNCTIONS_KEY)
    arn = function_arn(call, name)
    call.tx.after_commit(lambda: call.ports.invoker.forget(arn))
