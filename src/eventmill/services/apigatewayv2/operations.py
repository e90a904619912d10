"""The API's operations; each kind of part has the same five.

https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/operations.html
"""

from __future__ import annotations

from typing import Any

from eventmill.services.apigatewayv2 import parts
from eventmill.services.apigatewayv2.settings import check, endpoint_of
from eventmill.services.contract import Call, Operations, Result

OPERATIONS = Operations()


def _shown(call: Call, kind: str, config: dict[str, Any]) -> dict[str, Any]:
    shown = {key: value for key, value in config.items() if value is not None}
    if kind == "api":
        shown["ApiEndpoint"] = endpoint_of(call.endpoint, config)
    return shown


def create(call: Call, kind: str, request: dict[str, Any]) -> dict[str, Any]:
    """Make a part from a request or a template's properties. Raises Invalid, NotFound."""
    api = request.get("ApiId", "")
    config = {key: value for key, value in request.items() if key != "ApiId"}
    check(kind, config, _protocol(call, kind, api))
    if kind == "api":
        config["CreatedDate"] = call.now
        config.setdefault("RouteSelectionExpression", "$request.method $request.path")
    return parts.add(call, api, kind, config)


def _protocol(call: Call, kind: str, api: str) -> str:
    return "" if kind == "api" else str(parts.get(call.tx, api, "api", api)["ProtocolType"])


def change(call: Call, kind: str, api: str, number: str, given: dict[str, Any]) -> dict[str, Any]:
    """Apply members to a part. Raises Invalid, NotFound."""
    config = parts.get(call.tx, api, kind, number) | given
    check(kind, config, _protocol(call, kind, api))
    parts.put(call.tx, api, kind, number, config)
    return config


def _register(kind: str) -> None:
    name = kind.capitalize()
    member = parts.ID_MEMBERS[kind]
    plural = {"api": "Apis"}.get(kind, f"{name}s")

    @OPERATIONS.write(f"Create{name}")
    def make(call: Call, request: dict[str, Any]) -> Result:
        return _shown(call, kind, create(call, kind, request))

    @OPERATIONS.read(f"Get{name}")
    def get(call: Call, request: dict[str, Any]) -> Result:
        return _shown(call, kind, parts.get(call.tx, request["ApiId"], kind, request[member]))

    @OPERATIONS.scan(f"Get{plural}")
    def listed(call: Call, request: dict[str, Any]) -> Result:
        found = (
            parts.apis(call.tx) if kind == "api" else parts.every(call.tx, request["ApiId"], kind)
        )
        return {"Items": [_shown(call, kind, config) for config in found.values()]}

    @OPERATIONS.write(f"Update{name}")
    def update(call: Call, request: dict[str, Any]) -> Result:
        given = {k: v for k, v in request.items() if k not in ("ApiId", member)}
        number = request[member]
        return _shown(call, kind, change(call, kind, request["ApiId"], number, given))

    @OPERATIONS.write(f"Delete{name}")
    def drop(call: Call, request: dict[str, Any]) -> Result:
        parts.remove(call.tx, request["ApiId"], kind, request[member])
        return {}


for _kind in parts.ID_MEMBERS:
    _register(_kind)
