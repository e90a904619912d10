"""Routing rules of custom domain names: APIs by headers and base paths.

https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-routing-rules.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eventmill.kernel.errors import Conflict, NotFound
from eventmill.services.apigatewayv2 import parts
from eventmill.services.apigatewayv2.operations import OPERATIONS, page
from eventmill.services.apigatewayv2.settings import bad
from eventmill.services.contract import (
    Call,
    Created,
    Resource,
    ResourceType,
    Result,
    Support,
    truth,
)
from eventmill.store.transaction import Transaction

KIND = "routingrule"
_MEMBERS = ("Actions", "Conditions", "Priority")


def every(tx: Transaction, domain: str) -> list[dict[str, Any]]:
    """The rules of a domain name, in the order in which they are tried."""
    found = parts.every(tx, domain, KIND).values()
    return sorted(found, key=lambda rule: int(rule["Priority"]))


def put(
    call: Call, domain: str, given: Mapping[str, Any], number: str | None = None
) -> dict[str, Any]:
    """Write a rule, a new one without a number. Raises Invalid, NotFound, Conflict."""
    if not parts.exists(call, f"/domainnames/{domain}"):
        raise NotFound("NotFoundException", f"Invalid domain name specified {domain}")
    number = number or call.ids.lower(6)
    config = {name: given.get(name) for name in _MEMBERS}
    priority = config["Priority"] = int(given["Priority"])
    if not 1 <= priority <= 1_000_000:
        raise bad("Priority must be between 1 and 1000000")
    if len(config["Actions"] or ()) != 1:
        raise bad("A routing rule must have exactly one action")
    for other in every(call.tx, domain):
        if other["Priority"] == priority and other["RoutingRuleId"] != number:
            raise Conflict("ConflictException", f"A rule with the priority {priority} exists")
    arn = f"arn:aws:apigateway:{call.region}:{call.account}:/domainnames/{domain}"
    config |= {"RoutingRuleId": number, "RoutingRuleArn": f"{arn}/routingrules/{number}"}
    parts.put(call.tx, domain, KIND, number, config)
    return config


def _get(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    domain, number = request["DomainName"], request["RoutingRuleId"]
    config = parts.find(call.tx, domain, KIND, number)
    if config is None:
        raise NotFound("NotFoundException", f"Invalid routing rule identifier specified {number}")
    return config


@OPERATIONS.write("CreateRoutingRule")
def create_routing_rule(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid, NotFound, Conflict."""
    return put(call, request["DomainName"], request)


@OPERATIONS.write("PutRoutingRule")
def put_routing_rule(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid, NotFound, Conflict."""
    _get(call, request)
    return put(call, request["DomainName"], request, request["RoutingRuleId"])


@OPERATIONS.read("GetRoutingRule")
def get_routing_rule(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound."""
    return _get(call, request)


@OPERATIONS.scan("ListRoutingRules")
def list_routing_rules(call: Call, request: dict[str, Any]) -> Result:
    """In the order of their priority, a page at a time."""
    found = page(request, every(call.tx, request["DomainName"]))
    return {"RoutingRules": found.pop("Items"), **found}


@OPERATIONS.write("DeleteRoutingRule")
def delete_routing_rule(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound."""
    _get(call, request)
    parts.drop(call.tx, request["DomainName"], KIND, request["RoutingRuleId"])
    return {}


def _domain(properties: Mapping[str, Any]) -> str:
    return str(properties["DomainNameArn"]).rpartition("/domainnames/")[2].partition("+")[0]


def _made(call: Call, resource: Resource, number: str | None) -> Created:
    actions = [
        {"InvokeApi": action["InvokeApi"] | {"StripBasePath": _strips(action["InvokeApi"])}}
        for action in resource.properties["Actions"]
    ]
    given = {**resource.properties, "Actions": actions}
    config = put(call, _domain(resource.properties), given, number)
    arn = config["RoutingRuleArn"]
    return Created(arn, {"RoutingRuleArn": arn, "RoutingRuleId": config["RoutingRuleId"]})


def _strips(action: Mapping[str, Any]) -> bool:
    return truth(action.get("StripBasePath", False))


def _number(resource: Resource) -> str:
    return (resource.physical_id or "").rpartition("/")[2]


ROUTING_RULE = ResourceType(
    "AWS::ApiGatewayV2::RoutingRule",
    dict.fromkeys(("Actions", "Conditions", "DomainNameArn", "Priority"), Support.HONOURED),
    lambda call, resource: _made(call, resource, None),
    lambda call, resource, old: _made(call, resource, _number(resource)),
    lambda call, resource: parts.drop(
        call.tx, _domain(resource.properties), KIND, _number(resource)
    ),
    frozenset({"DomainNameArn"}),
)
