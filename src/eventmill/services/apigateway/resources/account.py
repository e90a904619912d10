"""The types that belong to the account: keys, usage plans, domain names, settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from eventmill.services.apigateway import account, domains, keys, parts, plans
from eventmill.services.apigateway.values import camel, from_template
from eventmill.services.contract import (
    Call,
    Created,
    Resource,
    ResourceType,
    Support,
    generated_name,
)
from eventmill.store.transaction import Transaction

_H, _R = Support.HONOURED, Support.RECORDED


def _given(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {"tags": {}} | from_template(properties)


def _changed(call: Call, kind: str, number: str, given: Mapping[str, Any], old: Any) -> Any:
    """The part with a template's properties in place of those that it had from one before."""
    config = parts.get(call.tx, parts.ACCOUNT, kind, number)
    gone = from_template(old).keys() - given.keys()
    config = {key: value for key, value in config.items() if key not in gone} | dict(given)
    parts.put(call.tx, parts.ACCOUNT, kind, number, config)
    return config


def _dropper(drop: Callable[[Transaction, str], None]) -> Callable[[Call, Resource], None]:
    return lambda call, resource: drop(call.tx, resource.physical_id or "")


def _key(call: Call, resource: Resource) -> Created:
    given = _given(resource.properties)
    given.setdefault("name", generated_name(resource, call.ids))
    number = keys.create(call, given)["id"]
    return Created(number, {"APIKeyId": number})


def _rekey(call: Call, resource: Resource, old: Mapping[str, Any]) -> Created:
    number = resource.physical_id or ""
    given = _given(resource.properties)
    given.pop("stageKeys", None)
    _changed(call, "key", number, given, {k: v for k, v in old.items() if k != "StageKeys"})
    return Created(number, {"APIKeyId": number})


def _plan_given(resource: Resource) -> dict[str, Any]:
    given = _given(resource.properties)
    given["name"] = given.pop("usagePlanName", None) or resource.logical_id
    return given


def _plan(call: Call, resource: Resource) -> Created:
    number = plans.create(call, _plan_given(resource))["id"]
    return Created(number, {"Id": number})


def _replan(call: Call, resource: Resource, old: Mapping[str, Any]) -> Created:
    number = resource.physical_id or ""
    plans.check(call.tx, _changed(call, "plan", number, _plan_given(resource), old))
    return Created(number, {"Id": number})


def _join(call: Call, resource: Resource) -> Created:
    given = resource.properties
    keys.join(call.tx, given["UsagePlanId"], given["KeyId"], given.get("KeyType", "API_KEY"))
    number = f"{given['KeyId']}:{given['UsagePlanId']}"
    return Created(number, {"Id": number})


def _same(call: Call, resource: Resource, old: Mapping[str, Any]) -> Created:
    """Every property replaces the resource."""
    return Created(resource.physical_id or "", {"Id": resource.physical_id or ""})


def _leave(call: Call, resource: Resource) -> None:
    number = f"{resource.properties['UsagePlanId']}/{resource.properties['KeyId']}"
    parts.drop(call.tx, parts.ACCOUNT, "plankey", number)


def _settings(call: Call, resource: Resource) -> Created:
    account.change(call.tx, {"cloudwatchRoleArn": resource.properties.get("CloudWatchRoleArn")})
    return Created(resource.logical_id, {"Id": resource.logical_id})


def _settings_anew(call: Call, resource: Resource, old: Mapping[str, Any]) -> Created:
    return _settings(call, resource)


def _keep_settings(call: Call, resource: Resource) -> None:
    """The account is always there."""


def _domain_made(config: Mapping[str, Any]) -> Created:
    names = (
        "DistributionDomainName",
        "DistributionHostedZoneId",
        "RegionalDomainName",
        "RegionalHostedZoneId",
    )
    return Created(config["domainName"], {name: config.get(camel(name)) for name in names})


def _domain(call: Call, resource: Resource) -> Created:
    return _domain_made(domains.create(call, _given(resource.properties)))


def _redomain(call: Call, resource: Resource, old: Mapping[str, Any]) -> Created:
    given = _given(resource.properties)
    return _domain_made(_changed(call, "domain", resource.physical_id or "", given, old))


def _map(call: Call, resource: Resource) -> Created:
    given = from_template(resource.properties)
    # The template's author made the domain by hand: here it is there once something is mapped.
    if not domains.exists(call, given["domainName"]):
        domains.create(call, {"domainName": given["domainName"]})
    made = domains.add_mapping(call, given)
    return Created(f"{given['domainName']}|{made['basePath']}")


def _remap(call: Call, resource: Resource, old: Mapping[str, Any]) -> Created:
    _unmap(call, Resource(resource.stack, resource.stack_id, resource.logical_id, dict(old)))
    return _map(call, resource)


def _unmap(call: Call, resource: Resource) -> None:
    path = resource.properties.get("BasePath") or parts.NO_PATH
    number = f"{resource.properties['DomainName']}/{path}"
    parts.drop(call.tx, parts.ACCOUNT, "mapping", number)


_CERTIFICATES = (
    "CertificateArn",
    "MutualTlsAuthentication",
    "RegionalCertificateArn",
    "OwnershipVerificationCertificateArn",
    "SecurityPolicy",
    "EndpointConfiguration",
    "EndpointAccessMode",
    "Tags",
)

ACCOUNT_TYPES = (
    ResourceType(
        "AWS::ApiGateway::ApiKey",
        dict.fromkeys(("Enabled", "Name", "Value"), _H)
        | dict.fromkeys(
            ("CustomerId", "Description", "GenerateDistinctId", "StageKeys", "Tags"), _R
        ),
        _key,
        _rekey,
        _dropper(keys.drop),
        frozenset({"Name", "Value", "GenerateDistinctId"}),
    ),
    ResourceType(
        "AWS::ApiGateway::UsagePlan",
        dict.fromkeys(("ApiStages", "Quota", "Throttle", "UsagePlanName"), _H)
        | dict.fromkeys(("Description", "Tags"), _R),
        _plan,
        _replan,
        _dropper(plans.drop),
    ),
    ResourceType(
        "AWS::ApiGateway::UsagePlanKey",
        dict.fromkeys(("KeyId", "KeyType", "UsagePlanId"), _H),
        _join,
        _same,
        _leave,
        frozenset({"KeyId", "KeyType", "UsagePlanId"}),
    ),
    ResourceType(
        "AWS::ApiGateway::Account",
        {"CloudWatchRoleArn": _R},
        _settings,
        _settings_anew,
        _keep_settings,
    ),
    ResourceType(
        "AWS::ApiGateway::DomainName",
        dict.fromkeys(("DomainName", "RoutingMode"), _H) | dict.fromkeys(_CERTIFICATES, _R),
        _domain,
        _redomain,
        _dropper(domains.drop),
        frozenset({"DomainName"}),
    ),
    ResourceType(
        "AWS::ApiGateway::BasePathMapping",
        dict.fromkeys(("BasePath", "DomainName", "RestApiId", "Stage"), _H),
        _map,
        _remap,
        _unmap,
        frozenset({"DomainName"}),
    ),
)
