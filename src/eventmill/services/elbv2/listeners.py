"""Listeners: a port of a load balancer and what happens to a request that no rule takes.

https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateListener.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eventmill.kernel.errors import Invalid
from eventmill.services.contract import Call, Result
from eventmill.services.elbv2 import actions, attributes, records
from eventmill.services.elbv2.records import OPERATIONS, every, get, put, validation
from eventmill.services.tags import tag_map

_POLICY = "ELBSecurityPolicy-2016-08"
_PROTOCOLS = {
    "application": ("HTTPS", "HTTP"),
    "network": ("TCP", "TLS", "UDP", "TCP_UDP", "QUIC", "TCP_QUIC"),
    "gateway": ("",),
}
_OWN = ("Bound", "Attributes", "Extra")
"""Members of a record that the API does not show."""


def create(call: Call, given: Mapping[str, Any]) -> dict[str, Any]:
    """A listener on a port of its own. Raises Invalid when the load balancer has one there."""
    balancer = get(call.tx, "balancer", given["LoadBalancerArn"])
    parent = balancer["LoadBalancerArn"]
    kind = balancer["Type"]
    # A gateway load balancer listens on all ports.
    port = 0 if kind == "gateway" else _port(given.get("Port"))
    if any(held["Port"] == port for held in every(call.tx, "listener", parent).values()):
        raise Invalid(
            "DuplicateListener",
            f"A listener already exists on this port for this load balancer '{parent}'",
        )
    arn = f"{parent.replace(':loadbalancer/', ':listener/')}/{call.ids.hex(16)}"
    taken = {held["Bound"] for held in every(call.tx, "listener").values()}
    config = {
        "ListenerArn": arn,
        "LoadBalancerArn": parent,
        "Port": port,
        "Bound": call.ports.listeners.reserve(port, taken) if kind == "application" else 0,
        **_settings(call, given, kind),
    }
    config = attributes.changed("listener", config, given.get("ListenerAttributes") or ())
    put(call.tx, "listener", arn, config, parent=parent)
    records.TAGS.put(call.tx, arn, tag_map(given.get("Tags")))
    return config


def change(call: Call, arn: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Other settings; what `given` leaves out stays. Raises Invalid."""
    config = get(call.tx, "listener", arn)
    if given.get("Port") is not None and _port(given["Port"]) != config["Port"]:
        siblings = every(call.tx, "listener", config["LoadBalancerArn"]).values()
        port = _port(given["Port"])
        if any(held["Port"] == port for held in siblings):
            raise Invalid("DuplicateListener", "A listener already exists on this port")
        taken = {held["Bound"] for held in every(call.tx, "listener").values()}
        bound = call.ports.listeners.reserve(port, taken) if config["Bound"] else 0
        config |= {"Port": port, "Bound": bound}
    kind = get(call.tx, "balancer", config["LoadBalancerArn"])["Type"]
    config |= _settings(call, config | {k: v for k, v in given.items() if v is not None}, kind)
    config = attributes.changed("listener", config, given.get("ListenerAttributes") or ())
    put(call.tx, "listener", arn, config, parent=config["LoadBalancerArn"])
    return config


def _port(value: Any) -> int:
    if value is None or not 1 <= int(value) <= 65_535:
        raise validation(f"Port '{value}' must be between 1 and 65535 inclusive")
    return int(value)


def _settings(call: Call, given: Mapping[str, Any], kind: str) -> dict[str, Any]:
    protocol = given.get("Protocol") or ""
    allowed = _PROTOCOLS[kind]
    if protocol not in allowed:
        raise validation(f"Listener protocol '{protocol}' must be one of '{', '.join(allowed)}'")
    settings: dict[str, Any] = {
        "Protocol": protocol,
        "DefaultActions": actions.checked(call.tx, given.get("DefaultActions") or ()),
    }
    if protocol == "TLS":
        settings["Certificates"] = [dict(entry) for entry in given.get("Certificates") or ()]
    if protocol == "HTTPS":
        if not given.get("Certificates"):
            raise Invalid(
                "CertificateNotFound", "A certificate must be specified for HTTPS listeners"
            )
        settings["Certificates"] = [dict(entry) for entry in given["Certificates"]]
        settings["SslPolicy"] = given.get("SslPolicy") or _POLICY
        mutual = given.get("MutualAuthentication") or {"Mode": "off"}
        if mutual.get("Mode", "off") != "off":
            raise validation(
                "Mutual authentication is not offered by Eventmill: HTTPS listeners speak HTTP "
                "on this machine. Leave it off."
            )
        settings["MutualAuthentication"] = {"Mode": "off"}
    return settings


def delete(call: Call, arn: str) -> None:
    """Delete it with its rules; one that is gone is no error."""
    if records.find(call.tx, "listener", arn) is None:
        return
    for rule in every(call.tx, "rule", arn):
        records.remove(call.tx, rule)
    records.remove(call.tx, arn)


def shape(config: Mapping[str, Any]) -> dict[str, Any]:
    """As the API returns it."""
    return {key: value for key, value in config.items() if key not in _OWN}


@OPERATIONS.write("CreateListener")
def create_listener(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid."""
    return {"Listeners": [shape(create(call, request))]}


@OPERATIONS.scan("DescribeListeners")
def describe_listeners(call: Call, request: dict[str, Any]) -> Result:
    """Those of a load balancer, or by ARN."""
    balancer = request.get("LoadBalancerArn")
    if balancer:
        get(call.tx, "balancer", balancer)
    found = records.selected(
        every(call.tx, "listener", balancer), "listener", request.get("ListenerArns")
    )
    return records.paged([shape(held) for held in found], "Listeners", request)


@OPERATIONS.write("ModifyListener")
def modify_listener(call: Call, request: dict[str, Any]) -> Result:
    """What the request leaves out stays."""
    return {"Listeners": [shape(change(call, request["ListenerArn"], request))]}


@OPERATIONS.write("DeleteListener")
def delete_listener(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid when there is none."""
    get(call.tx, "listener", request["ListenerArn"])
    delete(call, request["ListenerArn"])
    return {}


def add_certificates(call: Call, arn: str, certificates: list[dict[str, Any]]) -> None:
    """Certificates beside the default one, recorded."""
    config = get(call.tx, "listener", arn)
    held = [entry["CertificateArn"] for entry in config.get("Extra") or ()]
    held += [entry["CertificateArn"] for entry in certificates]
    config["Extra"] = [{"CertificateArn": name} for name in dict.fromkeys(held)]
    put(call.tx, "listener", arn, config)


def remove_certificates(call: Call, arn: str, certificates: list[dict[str, Any]]) -> None:
    """Take certificates away; a listener that is gone has none."""
    config = records.find(call.tx, "listener", arn)
    if config is not None:
        gone = {entry["CertificateArn"] for entry in certificates}
        config["Extra"] = [e for e in config.get("Extra") or () if e["CertificateArn"] not in gone]
        put(call.tx, "listener", arn, config)


@OPERATIONS.write("AddListenerCertificates")
def add_listener_certificates(call: Call, request: dict[str, Any]) -> Result:
    """Recorded."""
    add_certificates(call, request["ListenerArn"], request["Certificates"])
    return {"Certificates": request["Certificates"]}


@OPERATIONS.write("RemoveListenerCertificates")
def remove_listener_certificates(call: Call, request: dict[str, Any]) -> Result:
    """Recorded."""
    remove_certificates(call, request["ListenerArn"], request["Certificates"])
    return {}


@OPERATIONS.read("DescribeListenerCertificates")
def describe_listener_certificates(call: Call, request: dict[str, Any]) -> Result:
    """The default one and those beside it."""
    config = get(call.tx, "listener", request["ListenerArn"])
    default = [entry | {"IsDefault": True} for entry in config.get("Certificates") or ()]
    extra = [entry | {"IsDefault": False} for entry in config.get("Extra") or ()]
    return records.paged(default + extra, "Certificates", request)
