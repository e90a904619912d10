"""ImportRestApi and PutRestApi.

https://docs.aws.amazon.com/apigateway/latest/api/API_ImportRestApi.html
"""

from __future__ import annotations

from typing import Any

from eventmill.services.apigateway import apis, openapi, parts
from eventmill.services.apigateway.registry import OPERATIONS, shown
from eventmill.services.contract import Call, Result


def _base_path(request: dict[str, Any]) -> str:
    given = request.get("parameters") or {}
    return str(given.get("basepath") or given.get("basePath") or "ignore").lower()


def _types(request: dict[str, Any]) -> dict[str, Any]:
    kinds = (request.get("parameters") or {}).get("endpointConfigurationTypes")
    return {"endpointConfiguration": {"types": kinds.split(",")}} if kinds else {}


@OPERATIONS.write("ImportRestApi")
def import_rest_api(call: Call, request: dict[str, Any]) -> Result:
    """A new API from a document. Raises Invalid."""
    document = openapi.parse(request["body"])
    config = apis.create(call, openapi.settings(document) | _types(request))
    openapi.load(call, config["id"], document, overwrite=False, base_path=_base_path(request))
    return shown(config)


@OPERATIONS.write("PutRestApi")
def put_rest_api(call: Call, request: dict[str, Any]) -> Result:
    """Merge a document into an API, or overwrite it. Raises Invalid, NotFound."""
    api, overwrite = request["restApiId"], request.get("mode") == "overwrite"
    document = openapi.parse(request["body"])
    parts.get(call.tx, api, "api", api)
    config = apis.change(call, api, openapi.settings(document))
    openapi.load(call, api, document, overwrite=overwrite, base_path=_base_path(request))
    return shown(config)
