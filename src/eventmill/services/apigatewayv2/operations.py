"""The API's operations; each kind of part has the same five.

https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/operations.html
"""

from __future__ import annotations

from typing import Any

from eventmill.kernel.errors import Conflict, NotFound
from eventmill.services import paging
from eventmill.services.apigatewayv2 import parts
from eventmill.services.apigatewayv2.settings import bad, check, endpoint_of, function_of
from eventmill.services.contract import Call, Operations, Result

OPERATIONS = Operations()

_QUICK = ("Target", "RouteKey", "CredentialsArn")
_PLURALS = {"Api": "Apis"}


def shown(call: Call, kind: str, config: dict[str, Any]) -> dict[str, Any]:
    """A part as the API returns it."""
    result = {key: value for key, value in config.items() if value is not None}
    if kind == "api":
        result["ApiEndpoint"] = endpoint_of(call.endpoint, config)
    return result


def protocol(call: Call, kind: str, owner: str) -> str:
    """The protocol of the API that a part belongs to. Raises NotFound."""
    if kind == "api" or parts.KINDS[kind].owner != "ApiId":
        return ""
    return str(parts.get(call.tx, owner, "api", owner)["ProtocolType"])


def create(call: Call, kind: str, request: dict[str, Any]) -> dict[str, Any]:
    """Make a part from a request or a template's properties. Raises Invalid, NotFound, Conflict."""
    described = parts.KINDS[kind]
    owner = request.get(described.owner, "")
    config = {k: v for k, v in request.items() if kind == "apimapping" or k != "ApiId"}
    check(kind, config, protocol(call, kind, owner))
    if described.parent:
        above = {"RouteId": "route", "IntegrationId": "integration"}[described.parent]
        parts.get(call.tx, owner, above, config[described.parent])
    _DEFAULTS.get(kind, _nothing)(call, owner, config)
    made = parts.add(call, owner, kind, config)
    if kind == "deployment":
        deploy(call, owner, made["DeploymentId"], made.pop("StageName", None))
    if kind == "api" and request.get("Target"):
        quick_create(call, made["ApiId"], request)
    return made


def _nothing(call: Call, owner: str, config: dict[str, Any]) -> None:
    pass


def _api_defaults(call: Call, owner: str, config: dict[str, Any]) -> None:
    for member in _QUICK:
        config.pop(member, None)
    config["CreatedDate"] = call.now
    config.setdefault("RouteSelectionExpression", "$request.method $request.path")
    config.setdefault("ApiKeySelectionExpression", "$request.header.x-api-key")
    config.setdefault("DisableExecuteApiEndpoint", False)
    config.setdefault("IpAddressType", "ipv4")


def _integration_defaults(call: Call, owner: str, config: dict[str, Any]) -> None:
    http = protocol(call, "integration", owner) == "HTTP"
    config.setdefault("ConnectionType", "INTERNET")
    config.setdefault("TimeoutInMillis", 30_000 if http else 29_000)
    config.setdefault("PayloadFormatVersion", "1.0")
    if not http:
        config.setdefault("PassthroughBehavior", "WHEN_NO_MATCH")
        selection = "${integration.response.body.errorMessage}"
        if config["IntegrationType"] in ("HTTP", "HTTP_PROXY", "MOCK"):
            selection = "${integration.response.statuscode}"
        config["IntegrationResponseSelectionExpression"] = selection


def _route_defaults(call: Call, owner: str, config: dict[str, Any]) -> None:
    for other in parts.every(call.tx, owner, "route").values():
        if other["RouteKey"] == config["RouteKey"]:
            raise Conflict(
                "ConflictException",
                f"Route with key {config['RouteKey']} already exists for this API",
            )
    config.setdefault("AuthorizationType", "NONE")
    config.setdefault("ApiKeyRequired", False)


def _stage_defaults(call: Call, owner: str, config: dict[str, Any]) -> None:
    if parts.find(call.tx, owner, "stage", config["StageName"]) is not None:
        raise Conflict("ConflictException", "Stage already exists")
    if config.get("DeploymentId"):
        parts.get(call.tx, owner, "deployment", config["DeploymentId"])
    config["CreatedDate"] = config["LastUpdatedDate"] = call.now
    config.setdefault("StageVariables", {})
    config.setdefault("RouteSettings", {})
    config.setdefault("DefaultRouteSettings", {"DetailedMetricsEnabled": False})


def _deployment_defaults(call: Call, owner: str, config: dict[str, Any]) -> None:
    config |= {"CreatedDate": call.now, "DeploymentStatus": "DEPLOYED", "AutoDeployed": False}


def _domain_defaults(call: Call, owner: str, config: dict[str, Any]) -> None:
    name = config["DomainName"]
    if parts.find(call.tx, name, "domainname", name) is not None:
        raise Conflict("ConflictException", "The domain name you provided already exists.")
    config["DomainNameArn"] = f"arn:aws:apigateway:{call.region}::/domainnames/{name}"
    config.setdefault("ApiMappingSelectionExpression", "$request.basepath")
    config.setdefault("RoutingMode", "API_MAPPING_ONLY")
    suffix = f"execute-api.{call.region}.amazonaws.com"
    config["DomainNameConfigurations"] = [
        entry
        | {
            "ApiGatewayDomainName": f"d-{call.ids.lower(10)}.{suffix}",
            "DomainNameStatus": "AVAILABLE",
            "HostedZoneId": "Z1UJRXOUMOOFQ8",
        }
        for entry in config.get("DomainNameConfigurations") or [{}]
    ]


def _mapping_defaults(call: Call, owner: str, config: dict[str, Any]) -> None:
    mapped = f"{config['ApiId']}/stages/{config['Stage']}"
    # A REST API is another service's; the two share their domain names.
    if not any(parts.exists(call, f"/{kind}/{mapped}") for kind in ("apis", "restapis")):
        raise NotFound("NotFoundException", f"Invalid Stage identifier specified {config['Stage']}")
    key = config.setdefault("ApiMappingKey", "")
    for other in parts.every(call.tx, owner, "apimapping").values():
        if other["ApiMappingKey"] == key:
            raise Conflict(
                "ConflictException", "ApiMapping key already exists for this domain name"
            )


def _link_defaults(call: Call, owner: str, config: dict[str, Any]) -> None:
    config |= {"CreatedDate": call.now, "VpcLinkStatus": "AVAILABLE", "VpcLinkVersion": "V2"}
    config.setdefault("SecurityGroupIds", [])


_DEFAULTS = {
    "api": _api_defaults,
    "integration": _integration_defaults,
    "route": _route_defaults,
    "stage": _stage_defaults,
    "deployment": _deployment_defaults,
    "domainname": _domain_defaults,
    "apimapping": _mapping_defaults,
    "vpclink": _link_defaults,
}


def deploy(call: Call, api: str, deployment: str, stage: str | None) -> None:
    """Keep the API as it is now under the deployment, and let `stage` serve that."""
    parts.put(call.tx, api, "snapshot", deployment, parts.snapshot(call.tx, api))
    if stage:
        change(call, "stage", api, stage, {"DeploymentId": deployment})


def quick_create(call: Call, api: str, request: dict[str, Any]) -> None:
    """A route, its integration and the stage `$default` for an API made with a Target."""
    target = request["Target"]
    managed = {"ApiId": api, "ApiGatewayManaged": True}
    kind = {"IntegrationType": "HTTP_PROXY", "IntegrationMethod": "ANY"}
    if function_of(target) is not None:
        kind = {"IntegrationType": "AWS_PROXY", "PayloadFormatVersion": "2.0"}
    elif not target.startswith("http"):
        raise bad(f"The target {target} is neither a function nor the address of an HTTP server")
    credentials = request.get("CredentialsArn")
    given = kind | {"IntegrationUri": target, "CredentialsArn": credentials}
    integration = create(call, "integration", managed | given)
    route = {
        "RouteKey": request.get("RouteKey") or "$default",
        "Target": f"integrations/{integration['IntegrationId']}",
    }
    create(call, "route", managed | route)
    create(call, "stage", managed | {"StageName": "$default", "AutoDeploy": True})


def _quick_change(call: Call, api: str, given: dict[str, Any]) -> None:
    """What UpdateApi says about the parts that it made itself."""
    changes: dict[str, dict[str, Any]] = {"integration": {}, "route": {}}
    for member, (kind, named) in {
        "Target": ("integration", "IntegrationUri"),
        "CredentialsArn": ("integration", "CredentialsArn"),
        "RouteKey": ("route", "RouteKey"),
    }.items():
        if member in given:
            changes[kind][named] = given.pop(member)
    for kind, members in changes.items():
        number = managed(call, api, kind)
        if members and number is not None:
            change(call, kind, api, number, members)


def managed(call: Call, api: str, kind: str) -> str | None:
    """The id of the part of this kind that quick create made, or None."""
    for number, part in parts.every(call.tx, api, kind).items():
        if part.get("ApiGatewayManaged"):
            return number
    return None


def change(call: Call, kind: str, owner: str, number: str, given: dict[str, Any]) -> dict[str, Any]:
    """Apply members to a part. Raises Invalid, NotFound."""
    if kind == "api":
        _quick_change(call, number, given)
    config = parts.get(call.tx, owner, kind, number) | given
    check(kind, config, protocol(call, kind, owner))
    if kind == "stage":
        config["LastUpdatedDate"] = call.now
        if given.get("DeploymentId"):
            parts.get(call.tx, owner, "deployment", given["DeploymentId"])
    parts.put(call.tx, owner, kind, number, config)
    return config


def delete(call: Call, kind: str, owner: str, number: str) -> None:
    """Raises NotFound; Conflict while something else still needs the part."""
    if kind == "deployment":
        for stage in parts.every(call.tx, owner, "stage").values():
            if stage.get("DeploymentId") == number and not stage.get("AutoDeploy"):
                raise bad(
                    "Active stages with a deployment of this API must be moved or deleted before "
                    "the deployment"
                )
    if kind == "integration":
        used = f"integrations/{number}"
        for route in parts.every(call.tx, owner, "route").values():
            if route.get("Target") == used:
                raise Conflict(
                    "ConflictException",
                    f"Cannot delete Integration with id '{number}'. Integration is referenced by "
                    f"Route with id '{route['RouteId']}'.",
                )
    parts.remove(call.tx, owner, kind, number)


def page(request: dict[str, Any], items: list[dict[str, Any]]) -> dict[str, Any]:
    """The part of a list that `MaxResults` and `NextToken` ask for. Raises Invalid."""
    size = int(request.get("MaxResults") or len(items) or 1)
    refused = bad("Invalid NextToken specified")
    found, token = paging.page(items, request.get("NextToken"), size, refused)
    return {"Items": found} | ({"NextToken": token} if token else {})


def _register(kind: str) -> None:
    described = parts.KINDS[kind]
    name, member = described.name, described.id
    above = described.parent
    plural = _PLURALS.get(name, f"{name}s")

    def place(call: Call, request: dict[str, Any]) -> tuple[str, str]:
        owner, number = request[described.owner], request[member]
        if above and parts.get(call.tx, owner, kind, number)[above] != request[above]:
            raise NotFound("NotFoundException", f"Invalid {name} identifier specified {number}")
        return owner, number

    @OPERATIONS.write(f"Create{name}")
    def make(call: Call, request: dict[str, Any]) -> Result:
        return shown(call, kind, create(call, kind, request))

    @OPERATIONS.read(f"Get{name}")
    def get(call: Call, request: dict[str, Any]) -> Result:
        owner, number = place(call, request)
        return shown(call, kind, parts.get(call.tx, owner, kind, number))

    @OPERATIONS.scan(f"Get{plural}")
    def listed(call: Call, request: dict[str, Any]) -> Result:
        if member == described.owner:
            found = parts.owners(call.tx, kind)
        else:
            owner = request[described.owner]
            parts.check_owner(call, described, owner)
            found = parts.every(call.tx, owner, kind, request.get(above, "") if above else "")
        return page(request, [shown(call, kind, config) for config in found.values()])

    @OPERATIONS.write(f"Update{name}")
    def update(call: Call, request: dict[str, Any]) -> Result:
        owner, number = place(call, request)
        ids = (member, above) if kind == "apimapping" else (described.owner, member, above)
        given = {key: value for key, value in request.items() if key not in ids}
        return shown(call, kind, change(call, kind, owner, number, given))

    @OPERATIONS.write(f"Delete{name}")
    def drop(call: Call, request: dict[str, Any]) -> Result:
        owner, number = place(call, request)
        delete(call, kind, owner, number)
        return {}


for _kind in parts.KINDS:
    _register(_kind)
