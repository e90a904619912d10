"""Usage plans: which keys may call which stages, how fast and how often.

https://docs.aws.amazon.com/apigateway/latest/api/API_CreateUsagePlan.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from eventmill.services.apigateway import keys, parts
from eventmill.services.apigateway.faults import bad
from eventmill.services.apigateway.patch import patched
from eventmill.services.apigateway.registry import OPERATIONS, page, shown
from eventmill.services.contract import Call, Result
from eventmill.store.transaction import Transaction

_PERIODS = {"DAY": 1, "WEEK": 7, "MONTH": 28}
"""Each with one more than its greatest offset."""


def check(tx: Transaction, config: Mapping[str, Any]) -> None:
    """Raises Invalid, NotFound for stages that are not there."""
    if not config.get("name"):
        raise bad("Usage Plan name cannot be blank")
    quota = config.get("quota")
    if quota:
        if quota.get("period") not in _PERIODS:
            raise bad("Usage Plan quota period must be one of DAY, WEEK, MONTH")
        if int(quota.get("limit") or 0) < 1:
            raise bad("Usage Plan quota limit must be at least 1")
        if not 0 <= int(quota.get("offset") or 0) < _PERIODS[quota["period"]]:
            raise bad("Usage Plan quota offset must lie within its period")
    for stage in config.get("apiStages") or ():
        parts.get(tx, stage["apiId"], "api", stage["apiId"])
        parts.get(tx, stage["apiId"], "stage", stage.get("stage") or "")


def create(call: Call, given: Mapping[str, Any]) -> dict[str, Any]:
    """A new plan. Raises Invalid, NotFound."""
    config = {"apiStages": [], "tags": {}, **given, "id": call.ids.lower(6)}
    check(call.tx, config)
    parts.put(call.tx, parts.ACCOUNT, "plan", config["id"], config)
    return config


def drop(tx: Transaction, number: str) -> None:
    """Delete it with the keys' belonging to it; one that is gone is no error."""
    parts.drop(tx, parts.ACCOUNT, "plan", number)
    for held in parts.below(tx, parts.ACCOUNT, "plankey", number):
        parts.drop(tx, parts.ACCOUNT, "plankey", held)
    tx.execute("DELETE FROM rest_usage WHERE plan=?", (number,))


@OPERATIONS.write("CreateUsagePlan")
def create_usage_plan(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid, NotFound."""
    return shown(create(call, request))


@OPERATIONS.read("GetUsagePlan")
def get_usage_plan(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound."""
    return shown(parts.get(call.tx, parts.ACCOUNT, "plan", request["usagePlanId"]))


@OPERATIONS.scan("GetUsagePlans")
def get_usage_plans(call: Call, request: dict[str, Any]) -> Result:
    """Those of one key, where it is named."""
    found = parts.every(call.tx, parts.ACCOUNT, "plan")
    key = request.get("keyId")
    joined = parts.every(call.tx, parts.ACCOUNT, "plankey")
    return page(
        [shown(c) for number, c in found.items() if key is None or f"{number}/{key}" in joined],
        request,
    )


@OPERATIONS.write("UpdateUsagePlan")
def update_usage_plan(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid, NotFound."""
    number = request["usagePlanId"]
    config = parts.get(call.tx, parts.ACCOUNT, "plan", number)
    rest = [op for op in request.get("patchOperations") or () if not _stage_patch(config, op)]
    config = patched(config, rest, ("id",))
    check(call.tx, config)
    parts.put(call.tx, parts.ACCOUNT, "plan", number, config)
    return shown(config)


def _stage_patch(config: dict[str, Any], operation: Mapping[str, Any]) -> bool:
    """Apply an operation on `/apiStages`, whose entries are named `<api>:<stage>`."""
    path = str(operation.get("path") or "")
    if not path.startswith("/apiStages"):
        return False
    steps = path.split("/")[2:]
    stages = config.setdefault("apiStages", [])
    named = steps[0] if steps else str(operation.get("value") or "")
    api, _, name = named.partition(":")
    held = next((s for s in stages if (s["apiId"], s["stage"]) == (api, name)), None)
    if len(steps) > 1:
        if held is None:
            raise bad(f"Invalid API Stage {named} specified")
        _throttle_patch(held, steps[2:], operation)
    elif operation.get("op") == "remove":
        stages[:] = [stage for stage in stages if stage is not held]
    elif held is None:
        stages.append({"apiId": api, "stage": name})
    return True


def _throttle_patch(stage: dict[str, Any], steps: list[str], operation: Mapping[str, Any]) -> None:
    """`/apiStages/<api>:<stage>/throttle/<path with ~1>/<METHOD>[/rateLimit|burstLimit]`"""
    limits = stage.setdefault("throttle", {})
    place = "/".join(steps[:2]).replace("~1", "/")
    if operation.get("op") == "remove":
        limits.pop(place, None)
    elif len(steps) == 3:
        number = float if steps[2] == "rateLimit" else int
        limits.setdefault(place, {})[steps[2]] = number(operation["value"])


@OPERATIONS.write("DeleteUsagePlan")
def delete_usage_plan(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound, Invalid while stages belong to it."""
    config = parts.get(call.tx, parts.ACCOUNT, "plan", request["usagePlanId"])
    if config.get("apiStages"):
        raise bad(
            f"Cannot delete usage plan {config['id']} because it has API stages; remove them first"
        )
    drop(call.tx, request["usagePlanId"])
    return {}


@OPERATIONS.write("CreateUsagePlanKey")
def create_usage_plan_key(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound, Invalid, Conflict."""
    return shown(keys.join(call.tx, request["usagePlanId"], request["keyId"], request["keyType"]))


def _valued(tx: Transaction, config: dict[str, Any]) -> dict[str, Any]:
    key = parts.find(tx, parts.ACCOUNT, "key", config["id"]) or {}
    return shown(config | {"value": key.get("value"), "name": key.get("name")})


@OPERATIONS.read("GetUsagePlanKey")
def get_usage_plan_key(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound."""
    number = f"{request['usagePlanId']}/{request['keyId']}"
    return _valued(call.tx, parts.get(call.tx, parts.ACCOUNT, "plankey", number))


@OPERATIONS.scan("GetUsagePlanKeys")
def get_usage_plan_keys(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound."""
    plan = request["usagePlanId"]
    parts.get(call.tx, parts.ACCOUNT, "plan", plan)
    found = [
        _valued(call.tx, config)
        for config in parts.below(call.tx, parts.ACCOUNT, "plankey", plan).values()
    ]
    prefix = request.get("nameQuery") or ""
    return page([c for c in found if (c.get("name") or "").startswith(prefix)], request)


@OPERATIONS.write("DeleteUsagePlanKey")
def delete_usage_plan_key(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound."""
    number = f"{request['usagePlanId']}/{request['keyId']}"
    parts.remove(call.tx, parts.ACCOUNT, "plankey", number)
    return {}


def add_use(tx: Transaction, plan: str, key: str, day: str, calls: int) -> None:
    """Count calls of a key under a plan."""
    tx.execute(
        "INSERT INTO rest_usage VALUES(?,?,?,?)"
        " ON CONFLICT DO UPDATE SET used = used + excluded.used",
        (plan, key, day, calls),
    )


def used(tx: Transaction, plan: str, key: str, since: str) -> int:
    """Calls of a key under a plan from a day on."""
    row = tx.one(
        "SELECT coalesce(sum(used), 0) FROM rest_usage WHERE plan=? AND key=? AND day>=?",
        (plan, key, since),
    )
    return 0 if row is None else int(row[0])


def period_start(quota: Mapping[str, Any], now: float) -> str:
    """The first day of the quota's period; `offset` days are taken from the first one."""
    today = datetime.fromtimestamp(now, UTC).date()
    if quota.get("period") == "WEEK":
        start = today - timedelta(days=(today.weekday() + 1 - int(quota.get("offset") or 0)) % 7)
    elif quota.get("period") == "MONTH":
        start = today.replace(day=1)
    else:
        start = today
    return start.isoformat()


@OPERATIONS.scan("GetUsage")
def get_usage(call: Call, request: dict[str, Any]) -> Result:
    """Calls and what remains of the quota, for each key and day. Raises NotFound, Invalid."""
    plan = parts.get(call.tx, parts.ACCOUNT, "plan", request["usagePlanId"])
    days = list(_days(request["startDate"], request["endDate"]))
    limit = (plan.get("quota") or {}).get("limit")
    wanted = request.get("keyId")
    items: dict[str, Any] = {}
    for held in parts.below(call.tx, parts.ACCOUNT, "plankey", plan["id"]).values():
        if wanted in (None, held["id"]):
            items[held["id"]] = list(_daily(call.tx, plan, held["id"], days, limit))
    return {
        "usagePlanId": plan["id"],
        "startDate": request["startDate"],
        "endDate": request["endDate"],
        "items": items,
    }


def _days(start: str, end: str) -> Iterable[str]:
    try:
        day, last = datetime.fromisoformat(start).date(), datetime.fromisoformat(end).date()
    except ValueError:
        raise bad("Dates have the form YYYY-MM-DD") from None
    if not 0 <= (last - day).days <= 90:
        raise bad("The date range of a usage report is at most 90 days")
    while day <= last:
        yield day.isoformat()
        day += timedelta(days=1)


def _daily(
    tx: Transaction, plan: Mapping[str, Any], key: str, days: list[str], limit: Any
) -> Iterable[list[int]]:
    rows = tx.all("SELECT day, used FROM rest_usage WHERE plan=? AND key=?", (plan["id"], key))
    counted: dict[str, int] = dict(rows)
    for day in days:
        if limit is None:
            yield [counted.get(day, 0), 0]
            continue
        noon = datetime.fromisoformat(f"{day}T12:00:00+00:00").timestamp()
        since = period_start(plan["quota"], noon)
        spent = sum(calls for other, calls in counted.items() if since <= other <= day)
        yield [counted.get(day, 0), max(int(limit) - spent, 0)]


@OPERATIONS.write("UpdateUsage")
def update_usage(call: Call, request: dict[str, Any]) -> Result:
    """Set what remains of a key's quota now. Raises NotFound, Invalid."""
    plan = parts.get(call.tx, parts.ACCOUNT, "plan", request["usagePlanId"])
    key = request["keyId"]
    parts.get(call.tx, parts.ACCOUNT, "plankey", f"{plan['id']}/{key}")
    quota = plan.get("quota")
    if not quota:
        raise bad("Usage Plan has no quota")
    today = datetime.fromtimestamp(call.now, UTC).date().isoformat()
    since = period_start(quota, call.now)
    remaining = int(quota["limit"])
    for operation in request.get("patchOperations") or ():
        if operation.get("path") != "/remaining" or operation.get("op") != "replace":
            raise bad("Only /remaining can be replaced")
        remaining = int(operation["value"])
        difference = quota["limit"] - remaining - used(call.tx, plan["id"], key, since)
        add_use(call.tx, plan["id"], key, today, int(difference))
    call.tx.announce(parts.KEY)
    return {
        "usagePlanId": plan["id"],
        "startDate": today,
        "endDate": today,
        "items": {key: [[0, remaining]]},
    }
