"""API keys.

https://docs.aws.amazon.com/apigateway/latest/api/API_CreateApiKey.html
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any

from eventmill.services.apigateway import parts
from eventmill.services.apigateway.faults import bad, taken
from eventmill.services.apigateway.patch import patched
from eventmill.services.apigateway.registry import OPERATIONS, page, shown
from eventmill.services.contract import Call, Result
from eventmill.store.transaction import Transaction

_SHORTEST, _LONGEST = 20, 128


def create(call: Call, given: Mapping[str, Any]) -> dict[str, Any]:
    """A new key, with a value of its own where none is given. Raises Invalid, Conflict."""
    value = given.get("value") or call.ids.token(40)
    _check_value(call.tx, value)
    number = call.ids.lower(10)
    config = {
        "enabled": False,
        "stageKeys": [],
        "tags": {},
        **{k: v for k, v in given.items() if k not in ("generateDistinctId", "stageKeys")},
        "id": number,
        "value": value,
        "createdDate": call.now,
        "lastUpdatedDate": call.now,
    }
    config["stageKeys"] = [_stage_key(entry) for entry in given.get("stageKeys") or ()]
    parts.put(call.tx, parts.ACCOUNT, "key", number, config)
    return config


def _stage_key(entry: Any) -> str:
    return entry if isinstance(entry, str) else f"{entry['restApiId']}/{entry['stageName']}"


def _check_value(tx: Transaction, value: str) -> None:
    if not _SHORTEST <= len(value) <= _LONGEST:
        raise bad(f"API Key value should be at least {_SHORTEST} characters")
    if any(held["value"] == value for held in parts.every(tx, parts.ACCOUNT, "key").values()):
        raise taken("API Key already exists")


def _shown(config: dict[str, Any], *, value: bool) -> dict[str, Any]:
    return shown(config if value else config | {"value": None})


@OPERATIONS.write("CreateApiKey")
def create_api_key(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid, Conflict for a value that is taken."""
    return _shown(create(call, request), value=True)


@OPERATIONS.read("GetApiKey")
def get_api_key(call: Call, request: dict[str, Any]) -> Result:
    """Its value only when asked for. Raises NotFound."""
    config = parts.get(call.tx, parts.ACCOUNT, "key", request["apiKey"])
    return _shown(config, value=bool(request.get("includeValue")))


@OPERATIONS.scan("GetApiKeys")
def get_api_keys(call: Call, request: dict[str, Any]) -> Result:
    """Those whose name begins with `nameQuery`."""
    prefix, customer = request.get("nameQuery") or "", request.get("customerId")
    return page(
        [
            _shown(config, value=bool(request.get("includeValues")))
            for config in parts.every(call.tx, parts.ACCOUNT, "key").values()
            if (config.get("name") or "").startswith(prefix)
            and customer in (None, config.get("customerId"))
        ],
        request,
    )


@OPERATIONS.write("UpdateApiKey")
def update_api_key(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid, NotFound."""
    number = request["apiKey"]
    config = patched(
        parts.get(call.tx, parts.ACCOUNT, "key", number),
        request.get("patchOperations") or (),
        ("id", "value", "createdDate", "stageKeys"),
    )
    config["lastUpdatedDate"] = call.now
    parts.put(call.tx, parts.ACCOUNT, "key", number, config)
    return _shown(config, value=False)


def drop(tx: Transaction, number: str) -> None:
    """Delete it, from its usage plans too; one that is gone is no error."""
    parts.drop(tx, parts.ACCOUNT, "key", number)
    for held in parts.every(tx, parts.ACCOUNT, "plankey"):
        if held.partition("/")[2] == number:
            parts.drop(tx, parts.ACCOUNT, "plankey", held)


@OPERATIONS.write("DeleteApiKey")
def delete_api_key(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound."""
    parts.get(call.tx, parts.ACCOUNT, "key", request["apiKey"])
    drop(call.tx, request["apiKey"])
    return {}


@OPERATIONS.write("ImportApiKeys")
def import_api_keys(call: Call, request: dict[str, Any]) -> Result:
    """Keys of a file with the columns name, key, description, enabled and usageplanIds."""
    if request.get("format") != "csv":
        raise bad("Only the format csv is taken")
    made, warnings = [], []
    for row in csv.DictReader(io.StringIO(request["body"].decode("utf-8-sig"))):
        entry = {str(name).strip().lower(): (text or "").strip() for name, text in row.items()}
        given: dict[str, Any] = {"name": entry.get("name"), "value": entry.get("key")}
        given["description"] = entry.get("description") or None
        given["enabled"] = entry.get("enabled", "true").lower() != "false"
        config = create(call, given)
        made.append(config["id"])
        for plan in (entry.get("usageplanids") or "").split(","):
            if plan.strip() and parts.find(call.tx, parts.ACCOUNT, "plan", plan.strip()):
                join(call.tx, plan.strip(), config["id"])
            elif plan.strip():
                warnings.append(f"Usage plan {plan.strip()} does not exist")
    if warnings and request.get("failOnWarnings"):
        raise bad("; ".join(warnings))
    return {"ids": made, "warnings": warnings}


def join(tx: Transaction, plan: str, key: str, kind: str = "API_KEY") -> dict[str, Any]:
    """Give a key the plan. Raises NotFound, Invalid, Conflict."""
    parts.get(tx, parts.ACCOUNT, "plan", plan)
    held = parts.get(tx, parts.ACCOUNT, "key", key)
    if kind != "API_KEY":
        raise bad("Key type is not valid. Valid types are: API_KEY")
    number = f"{plan}/{key}"
    if parts.find(tx, parts.ACCOUNT, "plankey", number) is not None:
        raise taken(f"Usage plan {plan} already contains the API key {key}")
    config = {"id": key, "type": kind, "name": held.get("name")}
    parts.put(tx, parts.ACCOUNT, "plankey", number, config)
    return config | {"value": held["value"]}
