"""The snapshot of a deployment → what edge serves."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from eventmill.edge.apis.rest.logs import group_of
from eventmill.edge.apis.rest.model import (
    Authorizer,
    Integration,
    IntegrationResponse,
    Method,
    Node,
    Stage,
    place,
)
from eventmill.edge.apis.variables import with_stage_variables
from eventmill.kernel.java_patterns import compiled
from eventmill.services.apigateway import function_of, parts, target_of
from eventmill.store.transaction import Transaction

Parts = Mapping[str, Mapping[str, Any]]


def load(tx: Transaction, api: str, name: str) -> Stage | None:
    """The stage, or None."""
    config = parts.find(tx, api, "stage", name)
    if config is None:
        return None
    variables = config.get("variables") or {}
    stage = _deployed(tx, api, config, config["deploymentId"], variables)
    canary = config.get("canarySettings") or {}
    if stage is None or not canary.get("percentTraffic"):
        return stage
    overridden = variables | (canary.get("stageVariableOverrides") or {})
    deployment = canary.get("deploymentId") or config["deploymentId"]
    other = _deployed(tx, api, config, deployment, overridden)
    if other is None:
        return stage
    return replace(stage, canary=(float(canary["percentTraffic"]), other))


def load_current(tx: Transaction, api: str, name: str, variables: Mapping[str, str]) -> Stage:
    """The API as it is now, as a stage of that name would serve it. Raises NotFound."""
    parts.get(tx, api, "api", api)
    return _stage(api, {"stageName": name}, "", variables, parts.current(tx, api))


def _deployed(
    tx: Transaction,
    api: str,
    stage: Mapping[str, Any],
    deployment: str,
    variables: Mapping[str, str],
) -> Stage | None:
    kept = parts.snapshot(tx, api, deployment)
    return None if kept is None else _stage(api, stage, deployment, variables, kept)


def _stage(
    api: str,
    stage: Mapping[str, Any],
    deployment: str,
    variables: Mapping[str, str],
    kept: Mapping[str, Parts],
) -> Stage:
    config = kept["api"][api]
    return Stage(
        api_id=api,
        api_name=_in_metrics(config.get("name") or "") or api,
        name=stage["stageName"],
        deployment=deployment,
        variables=variables,
        settings=stage.get("methodSettings") or {},
        binary=tuple(config.get("binaryMediaTypes") or ()),
        root=_tree(kept, variables),
        responses=kept["response"],
        models=kept["model"],
        policy=json.loads(config["policy"]) if config.get("policy") else None,
        compresses_from=config.get("minimumCompressionSize"),
        keys_from=config.get("apiKeySource") or "HEADER",
        access_log=_access_log(stage.get("accessLogSettings") or {}),
    )


def _in_metrics(name: str) -> str:
    """An API's name without what is not ASCII, which metrics leave out."""
    return name.encode("ascii", "ignore").decode()


def _access_log(given: Mapping[str, Any]) -> tuple[str, str] | None:
    group = group_of(given.get("destinationArn") or "")
    return None if group is None or not given.get("format") else (group, given["format"])


def _tree(kept: Mapping[str, Parts], variables: Mapping[str, str]) -> Node:
    root = Node()
    authorizers = {
        number: _authorizer(entry, variables) for number, entry in kept["authorizer"].items()
    }
    for key, entry in kept["method"].items():
        if "methodIntegration" not in entry:
            # Only seen when a method is tested before it is complete.
            continue
        number, _, verb = key.partition("/")
        path = kept["resource"][number]["path"]
        method = _method(verb, number, path, entry, authorizers, kept["validator"], variables)
        place(root, path).methods[verb] = method
    return root


def _authorizer(entry: Mapping[str, Any], variables: Mapping[str, str]) -> Authorizer:
    uri = with_stage_variables(entry.get("authorizerUri") or "", variables)
    ttl = entry.get("authorizerResultTtlInSeconds")
    expression = entry.get("identityValidationExpression")
    sources = entry.get("identitySource") or ""
    return Authorizer(
        id=entry["id"],
        name=entry.get("name") or "",
        kind=entry["type"],
        uri=uri,
        function=function_of(uri),
        sources=tuple(part.strip() for part in sources.split(",") if part.strip()),
        pattern=compiled(expression) if expression else None,
        ttl=300 if ttl is None else int(ttl),
        pools=tuple(entry.get("providerARNs") or ()),
        role=bool(entry.get("authorizerCredentials")),
    )


def _method(
    verb: str,
    resource: str,
    path: str,
    entry: Mapping[str, Any],
    authorizers: Mapping[str, Authorizer],
    validators: Parts,
    variables: Mapping[str, str],
) -> Method:
    validator = validators.get(entry.get("requestValidatorId") or "") or {}
    return Method(
        verb=verb,
        resource_id=resource,
        resource_path=path,
        authorization=entry["authorizationType"],
        authorizer=authorizers.get(entry.get("authorizerId") or ""),
        scopes=tuple(entry.get("authorizationScopes") or ()),
        key_required=bool(entry.get("apiKeyRequired")),
        validates_body=bool(validator.get("validateRequestBody")),
        validates_parameters=bool(validator.get("validateRequestParameters")),
        parameters=entry.get("requestParameters") or {},
        models=entry.get("requestModels") or {},
        statuses=frozenset(int(status) for status in entry.get("methodResponses") or {}),
        integration=_integration(entry["methodIntegration"], variables),
    )


def _integration(entry: Mapping[str, Any], variables: Mapping[str, str]) -> Integration:
    uri = with_stage_variables(entry.get("uri") or "", variables)
    proxy = entry["type"].endswith("_PROXY")
    return Integration(
        kind=entry["type"],
        method=entry.get("httpMethod") or "",
        uri=uri,
        function=function_of(uri),
        target=target_of(uri),
        role=bool(entry.get("credentials")),
        parameters=entry.get("requestParameters") or {},
        # A proxy passes bodies on, whatever else is set up.
        templates={} if proxy else entry.get("requestTemplates") or {},
        passthrough=(not proxy and entry.get("passthroughBehavior")) or "WHEN_NO_MATCH",
        content_handling=None if proxy else entry.get("contentHandling"),
        timeout=int(entry.get("timeoutInMillis") or 29_000) / 1000,
        responses=tuple(_response(r) for r in (entry.get("integrationResponses") or {}).values()),
        streams=entry.get("responseTransferMode") == "STREAM",
    )


def _response(entry: Mapping[str, Any]) -> IntegrationResponse:
    pattern = entry.get("selectionPattern")
    return IntegrationResponse(
        status=int(entry["statusCode"]),
        pattern=compiled(pattern) if pattern else None,
        parameters=entry.get("responseParameters") or {},
        templates=entry.get("responseTemplates") or {},
        content_handling=entry.get("contentHandling"),
    )
