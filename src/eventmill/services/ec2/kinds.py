"""The networking types that templates declare around load balancers and functions.

None of them has a meaning on one machine, so all are records: an id, and what was declared.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/AWS_EC2.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eventmill.services.contract import Call, Resource
from eventmill.services.records import Attributes, Make, RecordType


def _kind(
    name: str, prefix: str, properties: tuple[str, ...], attributes: Attributes
) -> RecordType:
    """A type of this service whose ids begin with `prefix`; an empty one makes addresses."""
    make = _numbered(prefix) if prefix else _public
    return RecordType(f"AWS::EC2::{name}", make, properties, attributes)


def _numbered(prefix: str) -> Make:
    return lambda call, resource: f"{prefix}-{call.ids.hex(17)}"


def _public(call: Call, resource: Resource) -> str:
    """An address of the block for benchmarks, by which nobody is reached."""
    number = int(call.ids.hex(4), 16)
    return f"198.18.{number >> 8}.{number & 255}"


def _named(*names: str) -> Attributes:
    """Attributes that all give the id."""
    return lambda number, given, region: dict.fromkeys(names, number)


def default_group(vpc: str) -> str:
    """The security group that comes with a VPC."""
    return f"sg-{vpc.partition('-')[2]}"


def _vpc(number: str, given: Mapping[str, Any], region: str) -> dict[str, Any]:
    tail = number.partition("-")[2]
    return {
        "VpcId": number,
        "CidrBlock": given.get("CidrBlock") or "10.0.0.0/16",
        "CidrBlockAssociations": [f"vpc-cidr-assoc-{tail}"],
        "DefaultNetworkAcl": f"acl-{tail}",
        "DefaultSecurityGroup": default_group(number),
        # A block of addresses for documentation: templates cut subnets from what AWS gives here.
        "Ipv6CidrBlocks": ["2001:db8:1234:1a00::/56"],
    }


def _subnet(number: str, given: Mapping[str, Any], region: str) -> dict[str, Any]:
    return {
        "SubnetId": number,
        "AvailabilityZone": given.get("AvailabilityZone") or f"{region}a",
        "CidrBlock": given.get("CidrBlock") or "",
        "Ipv6CidrBlocks": [given["Ipv6CidrBlock"]] if given.get("Ipv6CidrBlock") else [],
        "NetworkAclAssociationId": f"aclassoc-{number.partition('-')[2]}",
        "VpcId": given.get("VpcId") or "",
    }


def _group(number: str, given: Mapping[str, Any], region: str) -> dict[str, Any]:
    return {"GroupId": number, "Id": number, "VpcId": given.get("VpcId") or ""}


def _address(number: str, given: Mapping[str, Any], region: str) -> dict[str, Any]:
    allocation = "".join(f"{int(part):02x}" for part in number.split("."))
    return {"AllocationId": f"eipalloc-{allocation:0>17}", "PublicIp": number}


def _attachment(number: str, given: Mapping[str, Any], region: str) -> dict[str, Any]:
    return {"AttachmentType": "IGW" if given.get("InternetGatewayId") else "VGW"}


def _endpoint(number: str, given: Mapping[str, Any], region: str) -> dict[str, Any]:
    service = str(given.get("ServiceName") or "")
    return {
        "Id": number,
        "DnsEntries": [f"Z0:{number}.{service}"],
        "NetworkInterfaceIds": [],
        "CreationTimestamp": "",
    }


def _route(number: str, given: Mapping[str, Any], region: str) -> dict[str, Any]:
    return {"CidrBlock": given.get("DestinationCidrBlock") or ""}


_RULE = (
    "CidrIp",
    "CidrIpv6",
    "Description",
    "FromPort",
    "GroupId",
    "GroupName",
    "IpProtocol",
    "SourcePrefixListId",
    "SourceSecurityGroupId",
    "SourceSecurityGroupName",
    "SourceSecurityGroupOwnerId",
    "DestinationPrefixListId",
    "DestinationSecurityGroupId",
    "ToPort",
)
_ROUTE = (
    "CarrierGatewayId",
    "CoreNetworkArn",
    "DestinationCidrBlock",
    "DestinationIpv6CidrBlock",
    "DestinationPrefixListId",
    "EgressOnlyInternetGatewayId",
    "GatewayId",
    "InstanceId",
    "LocalGatewayId",
    "NatGatewayId",
    "NetworkInterfaceId",
    "RouteTableId",
    "TransitGatewayId",
    "VpcEndpointId",
    "VpcPeeringConnectionId",
)

TABLE = "ec2_records"
KINDS = (
    _kind(
        "VPC",
        "vpc",
        (
            "CidrBlock",
            "EnableDnsHostnames",
            "EnableDnsSupport",
            "InstanceTenancy",
            "Ipv4IpamPoolId",
            "Ipv4NetmaskLength",
            "Tags",
        ),
        _vpc,
    ),
    _kind(
        "Subnet",
        "subnet",
        (
            "AssignIpv6AddressOnCreation",
            "AvailabilityZone",
            "AvailabilityZoneId",
            "CidrBlock",
            "EnableDns64",
            "EnableLniAtDeviceIndex",
            "Ipv4IpamPoolId",
            "Ipv4NetmaskLength",
            "Ipv6CidrBlock",
            "Ipv6IpamPoolId",
            "Ipv6Native",
            "Ipv6NetmaskLength",
            "MapPublicIpOnLaunch",
            "OutpostArn",
            "PrivateDnsNameOptionsOnLaunch",
            "Tags",
            "VpcId",
        ),
        _subnet,
    ),
    _kind(
        "SecurityGroup",
        "sg",
        (
            "GroupDescription",
            "GroupName",
            "SecurityGroupEgress",
            "SecurityGroupIngress",
            "Tags",
            "VpcId",
        ),
        _group,
    ),
    _kind("SecurityGroupIngress", "sgr", _RULE, _named("Id")),
    _kind("SecurityGroupEgress", "sgr", _RULE, _named("Id")),
    _kind("InternetGateway", "igw", ("Tags",), _named("InternetGatewayId")),
    _kind(
        "EgressOnlyInternetGateway",
        "eigw",
        ("Tags", "VpcId"),
        _named("Id"),
    ),
    _kind(
        "VPCGatewayAttachment",
        "vgwa",
        ("InternetGatewayId", "VpcId", "VpnGatewayId"),
        _attachment,
    ),
    _kind("RouteTable", "rtb", ("Tags", "VpcId"), _named("RouteTableId")),
    _kind("Route", "route", _ROUTE, _route),
    _kind("SubnetRouteTableAssociation", "rtbassoc", ("RouteTableId", "SubnetId"), _named("Id")),
    _kind(
        "NatGateway",
        "nat",
        (
            "AllocationId",
            "AvailabilityMode",
            "AvailabilityZoneAddresses",
            "ConnectivityType",
            "MaxDrainDurationSeconds",
            "PrivateIpAddress",
            "SecondaryAllocationIds",
            "SecondaryPrivateIpAddressCount",
            "SecondaryPrivateIpAddresses",
            "SubnetId",
            "Tags",
            "VpcId",
        ),
        _named("NatGatewayId"),
    ),
    _kind(
        "EIP",
        "",
        (
            "Address",
            "Domain",
            "InstanceId",
            "IpamPoolId",
            "NetworkBorderGroup",
            "PublicIpv4Pool",
            "Tags",
            "TransferAddress",
        ),
        _address,
    ),
    _kind(
        "VPCEndpoint",
        "vpce",
        (
            "DnsOptions",
            "IpAddressType",
            "PolicyDocument",
            "PrivateDnsEnabled",
            "ResourceConfigurationArn",
            "RouteTableIds",
            "SecurityGroupIds",
            "ServiceName",
            "ServiceNetworkArn",
            "ServiceRegion",
            "SubnetIds",
            "Tags",
            "VpcEndpointType",
            "VpcId",
        ),
        _endpoint,
    ),
    _kind("NetworkAcl", "acl", ("Tags", "VpcId"), _named("Id")),
    _kind(
        "NetworkAclEntry",
        "acle",
        (
            "CidrBlock",
            "Egress",
            "Icmp",
            "Ipv6CidrBlock",
            "NetworkAclId",
            "PortRange",
            "Protocol",
            "RuleAction",
            "RuleNumber",
        ),
        _named("Id"),
    ),
    _kind(
        "SubnetNetworkAclAssociation",
        "aclassoc",
        ("NetworkAclId", "SubnetId"),
        _named("AssociationId"),
    ),
    _kind(
        "VPCCidrBlock",
        "vpc-cidr-assoc",
        (
            "AmazonProvidedIpv6CidrBlock",
            "CidrBlock",
            "Ipv4IpamPoolId",
            "Ipv4NetmaskLength",
            "Ipv6CidrBlock",
            "Ipv6CidrBlockNetworkBorderGroup",
            "Ipv6IpamPoolId",
            "Ipv6NetmaskLength",
            "Ipv6Pool",
            "VpcId",
        ),
        _named("Id"),
    ),
    _kind(
        "DHCPOptions",
        "dopt",
        (
            "DomainName",
            "DomainNameServers",
            "Ipv6AddressPreferredLeaseTime",
            "NetbiosNameServers",
            "NetbiosNodeType",
            "NtpServers",
            "Tags",
        ),
        _named("DhcpOptionsId"),
    ),
    _kind("VPCDHCPOptionsAssociation", "doptassoc", ("DhcpOptionsId", "VpcId"), _named()),
    _kind(
        "FlowLog",
        "fl",
        (
            "DeliverCrossAccountRole",
            "DeliverLogsPermissionArn",
            "DestinationOptions",
            "LogDestination",
            "LogDestinationType",
            "LogFormat",
            "LogGroupName",
            "MaxAggregationInterval",
            "ResourceId",
            "ResourceType",
            "Tags",
            "TrafficType",
        ),
        _named("Id"),
    ),
)
