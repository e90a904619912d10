"""An OpenAPI document (2.0 or 3.0) with API Gateway's extensions → the parts of a REST API.

This is how SAM describes the APIs that it makes, and what ImportRestApi and PutRestApi take.
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-import-api.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from eventmill.services.apigateway import apis, gateway_responses, parts, simple, tree
from eventmill.services.apigateway.faults import bad
from eventmill.services.apigateway.methods import put_method
from eventmill.services.apigateway.openapi_methods import Document, authorization, described
from eventmill.services.apigateway.openapi_models import model_name, schema_text
from eventmill.services.apigateway.values import typed
from eventmill.services.contract import Call
from eventmill.services.openapi import read

ANY = "x-amazon-apigateway-any-method"
_VERBS = {"get", "head", "options", "patch", "post", "put", "delete", ANY}
_OVERWRITTEN = ("method", "model", "validator", "authorizer", "response")


def parse(body: bytes) -> dict[str, Any]:
    """The document in JSON or YAML. Raises Invalid."""
    try:
        document = read(body)
    except ValueError as error:
        raise bad(
            f"Unable to parse API definition because of a malformed integration: {error}"
        ) from None
    if not isinstance(document, dict) or not ("swagger" in document or "openapi" in document):
        raise bad("Invalid OpenAPI input. It must have a member 'swagger' or 'openapi'.")
    return document


def settings(document: Mapping[str, Any]) -> dict[str, Any]:
    """The API's own settings that the document gives."""
    info = document.get("info") or {}
    endpoint = dict(document.get("x-amazon-apigateway-endpoint-configuration") or {})
    given: dict[str, Any] = {
        "name": info.get("title"),
        "description": info.get("description"),
        "version": info.get("version"),
        "binaryMediaTypes": document.get("x-amazon-apigateway-binary-media-types"),
        "minimumCompressionSize": document.get("x-amazon-apigateway-minimum-compression-size"),
        "apiKeySource": document.get("x-amazon-apigateway-api-key-source"),
        "disableExecuteApiEndpoint": endpoint.pop("disableExecuteApiEndpoint", None),
        "endpointConfiguration": endpoint or None,
    }
    policy = document.get("x-amazon-apigateway-policy")
    if policy is not None:
        given["policy"] = json.dumps(policy)
    return {key: typed(key, value) for key, value in given.items() if value is not None}


def judge(document: Mapping[str, Any]) -> None:
    """Raises Invalid for a path that no API may have."""
    paths = document.get("paths")
    for path in paths if isinstance(paths, dict) else ():
        for part in filter(None, path.split("/") if path.startswith("/") else ()):
            tree.check_part(part)


def load(
    call: Call, api: str, document: Mapping[str, Any], *, overwrite: bool, base_path: str = "ignore"
) -> None:
    """Bring the document's parts into the API. Raises Invalid.

    `base_path` says what becomes of a 2.0 document's `basePath` or the path of a 3.0 server:
    `ignore`, `prepend`, or `split`, which leaves its first step out.
    """
    tx = call.tx
    if overwrite:
        parts.clear(tx, api, _OVERWRITTEN)
        for entry in list(parts.every(tx, api, "resource").values()):
            if "parentId" in entry:
                parts.drop(tx, api, "resource", entry["id"])
        apis.add_default_models(call, api)
    wrapped = Document(document)
    for name, schema in wrapped.schemas.items():
        _model(call, api, model_name(name), schema_text(api, schema))
    for kind, given in (document.get("x-amazon-apigateway-gateway-responses") or {}).items():
        shown = {k: str(v) if k == "statusCode" else v for k, v in given.items() if v is not None}
        gateway_responses.put(tx, api, kind, shown)
    validators = {
        name: simple.create(call, simple.VALIDATOR, api, {"name": name} | dict(given))["id"]
        for name, given in (document.get("x-amazon-apigateway-request-validators") or {}).items()
    }
    authorizers = {
        name: simple.create(call, simple.AUTHORIZER, api, given)["id"]
        for name, given in wrapped.authorizers().items()
    }
    prefix, resources = wrapped.prefix(base_path), tree.by_path(tx, api)
    for path, item in (document.get("paths") or {}).items():
        if not path.startswith("/"):
            # An extension of somebody else's, beside the paths.
            continue
        resource = tree.ensure(call, api, prefix + path, resources)
        item = wrapped.resolved(item or {})
        for verb, operation in item.items():
            if verb.lower() in _VERBS:
                key = f"{resource}/{'ANY' if verb.lower() == ANY else verb.upper()}"
                _method(call, api, key, wrapped, item, operation or {}, validators, authorizers)


def _model(call: Call, api: str, name: str, schema: str) -> None:
    parts.drop(call.tx, api, "model", name)
    simple.create(
        call, simple.MODEL, api, {"name": name, "schema": schema, "contentType": "application/json"}
    )


def _method(
    call: Call,
    api: str,
    key: str,
    document: Document,
    item: Mapping[str, Any],
    operation: Mapping[str, Any],
    validators: Mapping[str, str],
    authorizers: Mapping[str, str],
) -> None:
    method, inline = described(document, item, operation)
    for name, schema in inline.items():
        _model(call, api, name, schema_text(api, schema))
    method |= authorization(document, operation, authorizers)
    validator = operation.get(
        "x-amazon-apigateway-request-validator",
        document.content.get("x-amazon-apigateway-request-validator"),
    )
    if validator is not None:
        if validator not in validators:
            raise bad(f"Invalid request validator specified: {validator}")
        method["requestValidatorId"] = validators[validator]
    put_method(call, api, key, method, document.integration(operation))
