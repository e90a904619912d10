"""GetExport: what a stage serves as an OpenAPI document.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-export-api.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from eventmill.services.apigateway import parts
from eventmill.services.apigateway.faults import bad
from eventmill.services.apigateway.openapi import ANY
from eventmill.services.apigateway.registry import OPERATIONS
from eventmill.services.contract import Call, Result

_ADDRESS = re.compile(r"https://apigateway\.amazonaws\.com/restapis/[^/]+/models/")
_PLACES = {"querystring": "query", "header": "header", "path": "path"}
_FULL = "apigateway"
Kept = Mapping[str, Mapping[str, Any]]


class _Export:
    """One document; `extensions` is what the caller asks for beside the bare description."""

    def __init__(self, kept: Kept, version: str, extensions: str) -> None:
        self._kept = kept
        self._new = version == "oas30"
        self._full = extensions == _FULL
        self._integrations = extensions in (_FULL, "integrations")
        self._authorizers = extensions in (_FULL, "authorizers")

    def document(self, api: str, stage: str, region: str) -> dict[str, Any]:
        """The whole document."""
        config = self._kept["api"][api]
        host = f"{api}.execute-api.{region}.amazonaws.com"
        info = {"title": config["name"], "version": config.get("version") or "1.0"}
        schemas = {n: self._schema(m.get("schema")) for n, m in self._kept["model"].items()}
        schemes = self._schemes()
        if self._new:
            server = {
                "url": f"https://{host}/{{basePath}}",
                "variables": {"basePath": {"default": stage}},
            }
            result: dict[str, Any] = {"openapi": "3.0.1", "info": info, "servers": [server]}
            result["paths"] = self._paths()
            result["components"] = {"schemas": schemas, "securitySchemes": schemes}
        else:
            result = {"swagger": "2.0", "info": info, "host": host, "basePath": f"/{stage}"}
            result |= {"schemes": ["https"], "paths": self._paths(), "definitions": schemas}
            result["securityDefinitions"] = schemes
        return result | (self._settings(config) if self._full else {})

    def _settings(self, config: Mapping[str, Any]) -> dict[str, Any]:
        validators = {
            entry["name"]: {k: v for k, v in entry.items() if k.startswith("validate")}
            for entry in self._kept["validator"].values()
        }
        responses = {
            kind: {k: v for k, v in entry.items() if k not in ("responseType", "defaultResponse")}
            for kind, entry in self._kept["response"].items()
        }
        settings = {
            "x-amazon-apigateway-request-validators": validators,
            "x-amazon-apigateway-gateway-responses": responses,
            "x-amazon-apigateway-binary-media-types": config.get("binaryMediaTypes"),
            "x-amazon-apigateway-minimum-compression-size": config.get("minimumCompressionSize"),
            "x-amazon-apigateway-policy": json.loads(config.get("policy") or "null"),
        }
        return {name: value for name, value in settings.items() if value not in (None, {}, [])}

    def _schema(self, text: str | None) -> Any:
        place = "#/components/schemas/" if self._new else "#/definitions/"
        return json.loads(_ADDRESS.sub(place, text or "{}"))

    def _schemes(self) -> dict[str, Any]:
        methods = self._kept["method"].values()
        schemes: dict[str, Any] = {}
        if any(method.get("apiKeyRequired") for method in methods):
            schemes["api_key"] = {"type": "apiKey", "name": "x-api-key", "in": "header"}
        if any(method["authorizationType"] == "AWS_IAM" for method in methods):
            schemes["sigv4"] = _header("Authorization", "awsSigv4")
        for entry in self._kept["authorizer"].values():
            source = str(entry.get("identitySource") or "")
            name = source.rpartition(".header.")[2].partition(",")[0] or "Unused"
            scheme = _header(name, entry.get("authType") or "custom")
            if self._authorizers:
                kept = {k: v for k, v in entry.items() if k not in ("id", "name", "authType")}
                scheme["x-amazon-apigateway-authorizer"] = kept | {"type": entry["type"].lower()}
            schemes[entry["name"]] = scheme
        return schemes

    def _paths(self) -> dict[str, Any]:
        paths: dict[str, Any] = {}
        for key, method in self._kept["method"].items():
            path = self._kept["resource"][key.partition("/")[0]]["path"]
            verb = ANY if method["httpMethod"] == "ANY" else method["httpMethod"].lower()
            paths.setdefault(path, {})[verb] = self._operation(method)
        return paths

    def _operation(self, method: Mapping[str, Any]) -> dict[str, Any]:
        operation: dict[str, Any] = {}
        if method.get("operationName"):
            operation["operationId"] = method["operationName"]
        parameters = [self._parameter(p, f) for p, f in self._sorted(method, "requestParameters")]
        models = method.get("requestModels") or {}
        if self._new and models:
            content = {media: {"schema": self._reference(n)} for media, n in models.items()}
            operation["requestBody"] = {"content": content, "required": True}
        elif models:
            operation["consumes"] = list(models)
            schema = self._reference(next(iter(models.values())))
            body = {"in": "body", "name": "body", "required": True, "schema": schema}
            parameters.append(body)
        if parameters:
            operation["parameters"] = parameters
        responses = method.get("methodResponses") or {}
        operation["responses"] = {s: self._response(entry) for s, entry in responses.items()}
        security = self._security(method)
        if security:
            operation["security"] = security
        validator = self._kept["validator"].get(method.get("requestValidatorId") or "")
        if self._full and validator is not None:
            operation["x-amazon-apigateway-request-validator"] = validator["name"]
        if self._integrations and "methodIntegration" in method:
            operation["x-amazon-apigateway-integration"] = _integration(method["methodIntegration"])
        return operation

    @staticmethod
    def _sorted(holder: Mapping[str, Any], member: str) -> list[tuple[str, Any]]:
        return sorted((holder.get(member) or {}).items())

    def _parameter(self, place: str, required: bool) -> dict[str, Any]:
        _, _, kind, name = place.split(".", 3)
        result = {"name": name, "in": _PLACES.get(kind, kind), "required": required}
        return result | ({"schema": {"type": "string"}} if self._new else {"type": "string"})

    def _reference(self, model: str) -> dict[str, str]:
        return {"$ref": f"#/{'components/schemas' if self._new else 'definitions'}/{model}"}

    def _response(self, entry: Mapping[str, Any]) -> dict[str, Any]:
        response: dict[str, Any] = {"description": f"{entry['statusCode']} response"}
        text = {"schema": {"type": "string"}} if self._new else {"type": "string"}
        headers = {
            place.rpartition(".header.")[2]: text
            for place, _ in self._sorted(entry, "responseParameters")
        }
        if headers:
            response["headers"] = headers
        models = entry.get("responseModels") or {}
        if models and self._new:
            content = {media: {"schema": self._reference(n)} for media, n in models.items()}
            response["content"] = content
        elif models:
            response["schema"] = self._reference(next(iter(models.values())))
        return response

    def _security(self, method: Mapping[str, Any]) -> list[dict[str, Any]]:
        security: list[dict[str, Any]] = []
        if method["authorizationType"] == "AWS_IAM":
            security.append({"sigv4": []})
        authorizer = self._kept["authorizer"].get(method.get("authorizerId") or "")
        if authorizer is not None:
            security.append({authorizer["name"]: method.get("authorizationScopes") or []})
        return [*security, {"api_key": []}] if method.get("apiKeyRequired") else security


def _header(name: str, kind: str) -> dict[str, Any]:
    scheme = {"type": "apiKey", "name": name, "in": "header"}
    return scheme | {"x-amazon-apigateway-authtype": kind}


def _integration(given: Mapping[str, Any]) -> dict[str, Any]:
    """An integration as documents have it."""
    left_out = ("integrationResponses", "cacheNamespace", "cacheKeyParameters")
    result = {key: value for key, value in given.items() if key not in left_out}
    result["type"] = given["type"].lower()
    result["passthroughBehavior"] = given["passthroughBehavior"].lower()
    responses = {
        entry.get("selectionPattern") or "default": {
            key: value for key, value in entry.items() if key != "selectionPattern"
        }
        for entry in (given.get("integrationResponses") or {}).values()
    }
    return result | ({"responses": responses} if responses else {})


@OPERATIONS.scan("GetExport")
def get_export(call: Call, request: dict[str, Any]) -> Result:
    """In JSON, or YAML where that is accepted. Raises NotFound, Invalid."""
    api, stage, kind = request["restApiId"], request["stageName"], request["exportType"]
    if kind not in ("oas30", "swagger"):
        raise bad("Invalid export type. Valid types are oas30 and swagger")
    config = parts.get(call.tx, api, "stage", stage)
    kept = parts.snapshot(call.tx, api, config["deploymentId"]) or parts.current(call.tx, api)
    extensions = str((request.get("parameters") or {}).get("extensions") or "")
    document = _Export(kept, kind, extensions).document(api, stage, call.region)
    if "yaml" in (request.get("accepts") or ""):
        import yaml

        body, name = yaml.safe_dump(document, sort_keys=False), "yaml"
    else:
        body, name = json.dumps(document, indent=2), "json"
    return {
        "contentType": f"application/{name}",
        "contentDisposition": f'attachment; filename="{kind}_{api}.{name}"',
        "body": body.encode(),
    }
