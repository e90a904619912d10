"""Attributes of load balancers, target groups and listeners: names, defaults, values as text.

https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_LoadBalancerAttribute.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from eventmill.services.contract import attribute_text
from eventmill.services.elbv2.records import validation

BALANCER = {
    "access_logs.s3.bucket": "",
    "access_logs.s3.enabled": "false",
    "access_logs.s3.prefix": "",
    "client_keep_alive.seconds": "3600",
    "connection_logs.s3.bucket": "",
    "connection_logs.s3.enabled": "false",
    "connection_logs.s3.prefix": "",
    "deletion_protection.enabled": "false",
    "health_check_logs.s3.bucket": "",
    "health_check_logs.s3.enabled": "false",
    "health_check_logs.s3.prefix": "",
    "idle_timeout.timeout_seconds": "60",
    "ipv6.deny_all_igw_traffic": "false",
    "load_balancing.cross_zone.enabled": "true",
    "routing.http.desync_mitigation_mode": "defensive",
    "routing.http.drop_invalid_header_fields.enabled": "false",
    "routing.http.preserve_host_header.enabled": "false",
    "routing.http.x_amzn_tls_version_and_cipher_suite.enabled": "false",
    "routing.http.xff_client_port.enabled": "false",
    "routing.http.xff_header_processing.mode": "append",
    "routing.http2.enabled": "true",
    "waf.fail_open.enabled": "false",
    "zonal_shift.config.enabled": "false",
}
CONNECTIONS = {
    "dns_record.client_routing_policy": "any_availability_zone",
    "secondary_ips.auto_assigned.per_subnet": "0",
}
"""Of load balancers that pass connections on, beside the others'."""
MULTI_VALUE = "lambda.multi_value_headers.enabled"
GROUP_OF_FUNCTION = {MULTI_VALUE: "false"}
GROUP_OF_ADDRESSES = {
    "deregistration_delay.timeout_seconds": "300",
    "load_balancing.algorithm.anomaly_mitigation": "off",
    "load_balancing.algorithm.type": "round_robin",
    "load_balancing.cross_zone.enabled": "use_load_balancer_configuration",
    "slow_start.duration_seconds": "0",
    "stickiness.app_cookie.cookie_name": "",
    "stickiness.app_cookie.duration_seconds": "86400",
    "stickiness.enabled": "false",
    "stickiness.lb_cookie.duration_seconds": "86400",
    "stickiness.type": "lb_cookie",
    "target_group_health.dns_failover.minimum_healthy_targets.count": "1",
    "target_group_health.dns_failover.minimum_healthy_targets.percentage": "off",
    "target_group_health.unhealthy_state_routing.minimum_healthy_targets.count": "1",
    "target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage": "off",
}
GROUP_OF_CONNECTIONS = {
    "deregistration_delay.connection_termination.enabled": "false",
    "preserve_client_ip.enabled": "true",
    "proxy_protocol_v2.enabled": "false",
    "target_failover.on_deregistration": "no_rebalance",
    "target_failover.on_unhealthy": "no_rebalance",
    "target_health_state.unhealthy.connection_termination.enabled": "true",
    "target_health_state.unhealthy.draining_interval_seconds": "0",
}
_LISTENER_PREFIX = "routing.http."
LISTENER = {"routing.http.response.server.enabled": "true"}
LISTENER_OF_CONNECTIONS = {"tcp.idle_timeout.seconds": "350"}


def defaults(kind: str, config: Mapping[str, Any]) -> dict[str, str]:
    """Every attribute of a record with its default."""
    if kind == "balancer":
        return BALANCER | (CONNECTIONS if config["Type"] != "application" else {})
    if kind == "listener":
        speaks_http = config["Protocol"] in ("HTTP", "HTTPS")
        return dict(LISTENER if speaks_http else LISTENER_OF_CONNECTIONS)
    if config["TargetType"] == "lambda":
        return dict(GROUP_OF_FUNCTION)
    passes_on = config.get("Protocol") not in ("HTTP", "HTTPS")
    return GROUP_OF_ADDRESSES | (GROUP_OF_CONNECTIONS if passes_on else {})


def changed(
    kind: str, config: dict[str, Any], given: Iterable[Mapping[str, Any]]
) -> dict[str, Any]:
    """The record with attributes set. Raises Invalid for one that is not known."""
    known = defaults(kind, config)
    held = dict(config.get("Attributes") or {})
    for attribute in given:
        key, value = attribute["Key"], attribute.get("Value", "")
        if key not in known and not (kind == "listener" and key.startswith(_LISTENER_PREFIX)):
            raise validation(f"{kind.capitalize()} attribute key '{key}' is not recognized")
        held[key] = attribute_text(value)
    return config | {"Attributes": held}


def listed(kind: str, config: Mapping[str, Any]) -> list[dict[str, str]]:
    """All attributes as the API has them."""
    values = defaults(kind, config) | (config.get("Attributes") or {})
    return [{"Key": key, "Value": value} for key, value in sorted(values.items())]


def value_of(kind: str, config: Mapping[str, Any], key: str) -> str:
    """One attribute's value."""
    held = config.get("Attributes") or {}
    return str(held.get(key, defaults(kind, config).get(key, "")))
