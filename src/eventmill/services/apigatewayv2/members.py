"""Operations that take one setting away, and tags.

https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/operations.html
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote

from eventmill.kernel.errors import NotFound
from eventmill.services.apigatewayv2 import parts
from eventmill.services.apigatewayv2.operations import OPERATIONS, change
from eventmill.services.contract import Call, Result


@OPERATIONS.write("DeleteCorsConfiguration")
def delete_cors(call: Call, request: dict[str, Any]) -> Result:
    """The API answers no preflights any more."""
    change(call, "api", request["ApiId"], request["ApiId"], {"CorsConfiguration": None})
    return {}


@OPERATIONS.write("DeleteAccessLogSettings")
def delete_access_log(call: Call, request: dict[str, Any]) -> Result:
    """The stage writes no access log any more."""
    gone = {"AccessLogSettings": None}
    change(call, "stage", request["ApiId"], request["StageName"], gone)
    return {}


@OPERATIONS.write("DeleteRouteSettings")
def delete_route_settings(call: Call, request: dict[str, Any]) -> Result:
    """The route has the stage's default settings again. Raises NotFound."""
    api, name, key = request["ApiId"], request["StageName"], request["RouteKey"]
    held = parts.get(call.tx, api, "stage", name).get("RouteSettings") or {}
    if key not in held:
        raise NotFound("NotFoundException", f"Invalid Route key specified {key}")
    kept = {other: value for other, value in held.items() if other != key}
    change(call, "stage", api, name, {"RouteSettings": kept})
    return {}


@OPERATIONS.write("DeleteRouteRequestParameter")
def delete_request_parameter(call: Call, request: dict[str, Any]) -> Result:
    """The route does not ask for the parameter any more. Raises NotFound."""
    api, number, key = request["ApiId"], request["RouteId"], request["RequestParameterKey"]
    held = parts.get(call.tx, api, "route", number).get("RequestParameters") or {}
    if key not in held:
        raise NotFound("NotFoundException", f"Invalid request parameter specified {key}")
    kept = {other: value for other, value in held.items() if other != key}
    change(call, "route", api, number, {"RequestParameters": kept})
    return {}


@OPERATIONS.write("ResetAuthorizersCache")
def reset_authorizers_cache(call: Call, request: dict[str, Any]) -> Result:
    """Answers that the stage's authorizers gave before are asked for again."""
    api, name = request["ApiId"], request["StageName"]
    parts.get(call.tx, api, "stage", name)
    parts.put(call.tx, api, "reset", name, {"at": call.now})
    return {}


@OPERATIONS.read("GetModelTemplate")
def model_template(call: Call, request: dict[str, Any]) -> Result:
    """An example of what a model describes: its properties, each by its type."""
    model = parts.get(call.tx, request["ApiId"], "model", request["ModelId"])
    return {"Value": json.dumps(_example(json.loads(model["Schema"])))}


def _example(schema: Any) -> Any:
    kind = schema.get("type") if isinstance(schema, dict) else None
    if kind == "object":
        return {name: _example(of) for name, of in (schema.get("properties") or {}).items()}
    if kind == "array":
        return [_example(schema.get("items") or {})]
    return {"integer": 42, "number": 42, "boolean": True}.get(str(kind), "foo")


def _tagged(call: Call, arn: str) -> tuple[str, str, str, dict[str, Any]]:
    """(owner, kind, id, part) of a resource's ARN. Raises NotFound."""
    path = unquote(arn).partition("::")[2].strip("/").split("/")
    found = None
    if path[0] == "apis" and len(path) == 2:
        found = (path[1], "api", path[1])
    elif path[0] == "apis" and len(path) == 4 and path[2] == "stages":
        found = (path[1], "stage", path[3])
    elif path[0] in ("domainnames", "vpclinks") and len(path) == 2:
        found = (path[1], path[0].removesuffix("s"), path[1])
    if found is None:
        raise NotFound("NotFoundException", f"Invalid resource identifier specified {arn}")
    return (*found, parts.get(call.tx, *found))


@OPERATIONS.read("GetTags")
def get_tags(call: Call, request: dict[str, Any]) -> Result:
    """The tags of an API, a stage, a domain name or a VPC link."""
    return {"Tags": _tagged(call, request["ResourceArn"])[3].get("Tags") or {}}


@OPERATIONS.write("TagResource")
def tag(call: Call, request: dict[str, Any]) -> Result:
    """Add or change tags."""
    owner, kind, number, config = _tagged(call, request["ResourceArn"])
    tags = (config.get("Tags") or {}) | (request.get("Tags") or {})
    parts.put(call.tx, owner, kind, number, config | {"Tags": tags})
    return {}


@OPERATIONS.write("UntagResource")
def untag(call: Call, request: dict[str, Any]) -> Result:
    """Take tags away."""
    owner, kind, number, config = _tagged(call, request["ResourceArn"])
    gone = set(request["TagKeys"])
    tags = {key: value for key, value in (config.get("Tags") or {}).items() if key not in gone}
    parts.put(call.tx, owner, kind, number, config | {"Tags": tags})
    return {}
