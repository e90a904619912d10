"""Parts of a network that templates declare and that are records here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from eventmill.testing import engine

TEMPLATE = """
Parameters:
  Network: {Type: AWS::EC2::VPC::Id}
  Subnets: {Type: "List<AWS::EC2::Subnet::Id>"}
Resources:
  VPC:
    Type: AWS::EC2::VPC
    Properties: {CidrBlock: 10.1.0.0/16, Tags: [{Key: Name, Value: main}]}
  Subnet:
    Type: AWS::EC2::Subnet
    Properties: {VpcId: !Ref VPC, CidrBlock: 10.1.0.0/24, MapPublicIpOnLaunch: true}
  Sixth:
    Type: AWS::EC2::VPCCidrBlock
    Properties: {VpcId: !Ref VPC, AmazonProvidedIpv6CidrBlock: true}
  Wide:
    Type: AWS::EC2::Subnet
    DependsOn: Sixth
    Properties:
      VpcId: !Ref VPC
      Ipv6CidrBlock: !Select [1, !Cidr [!Select [0, !GetAtt VPC.Ipv6CidrBlocks], 4, 64]]
      Ipv6Native: true
  Group:
    Type: AWS::EC2::SecurityGroup
    Properties: {VpcId: !Ref VPC, GroupDescription: web, GroupName: web}
  Certificate:
    Type: AWS::CertificateManager::Certificate
    Properties: {DomainName: example.com, ValidationMethod: DNS}
  Name:
    Type: AWS::Route53::RecordSet
    Properties: {HostedZoneName: example.com., Name: www.example.com, Type: A}
Outputs:
  VPC: {Value: !Ref VPC}
  Subnet: {Value: !Ref Subnet}
  Wide: {Value: !Select [0, !GetAtt Wide.Ipv6CidrBlocks]}
  WideId: {Value: !Ref Wide}
  Group: {Value: !GetAtt Group.GroupId}
  Default: {Value: !GetAtt VPC.DefaultSecurityGroup}
  Certificate: {Value: !Ref Certificate}
  Given: {Value: !Join [",", [!Ref Network, !Select [1, !Ref Subnets]]]}
"""


@pytest.fixture(scope="module")
def mill(tmp_path_factory):
    folder: Path = tmp_path_factory.mktemp("network")
    (folder / "template.yaml").write_text(TEMPLATE)
    with engine() as running:
        running.deploy(folder)
        yield running


def test_outputs_have_the_forms_of_aws_s_ids(mill) -> None:
    assert mill.outputs["VPC"].startswith("vpc-") and len(mill.outputs["VPC"]) == 21
    assert mill.outputs["Default"].startswith("sg-")
    assert mill.outputs["Wide"] == "2001:db8:1234:1a01::/64"
    assert mill.outputs["Certificate"].startswith("arn:aws:acm:us-east-1:000000000000:certificate/")


def test_parameters_that_name_a_network_need_no_value(mill) -> None:
    assert mill.outputs["Given"] == "vpc-00000000,subnet-00000002"


def test_programs_can_look_at_what_was_declared(mill) -> None:
    ec2, outputs = mill.client("ec2"), mill.outputs
    (vpc,) = ec2.describe_vpcs()["Vpcs"]
    assert (vpc["VpcId"], vpc["CidrBlock"]) == (outputs["VPC"], "10.1.0.0/16")
    assert vpc["Tags"] == [{"Key": "Name", "Value": "main"}] and vpc["IsDefault"] is False

    def subnets(**filters: str) -> list[Any]:
        given = [{"Name": name, "Values": [value]} for name, value in filters.items()]
        return [entry["SubnetId"] for entry in ec2.describe_subnets(Filters=given)["Subnets"]]

    assert set(subnets(**{"vpc-id": outputs["VPC"]})) == {outputs["Subnet"], outputs["WideId"]}
    assert subnets(**{"vpc-id": "vpc-other"}) == []
    assert ec2.describe_vpcs(Filters=[{"Name": "tag:Name", "Values": ["main"]}])["Vpcs"]
    (group,) = ec2.describe_security_groups(GroupIds=[outputs["Group"]])["SecurityGroups"]
    assert (group["GroupName"], group["Description"]) == ("web", "web")
    zones = ec2.describe_availability_zones()["AvailabilityZones"]
    assert [zone["ZoneName"] for zone in zones] == ["us-east-1a", "us-east-1b", "us-east-1c"]
    with pytest.raises(ClientError) as error:
        ec2.describe_vpcs(VpcIds=["vpc-absent"])
    assert error.value.response["Error"]["Code"] == "InvalidVpcID.NotFound"
    with pytest.raises(ClientError, match="Eventmill does not offer RunInstances of ec2"):
        ec2.run_instances(MinCount=1, MaxCount=1)


def test_rules_of_groups_may_be_changed_and_mean_nothing(mill) -> None:
    """As custom resources of the CDK do with the group that comes with each network."""
    ec2, outputs = mill.client("ec2"), mill.outputs
    default = outputs["VPC"].replace("vpc-", "sg-")
    rule = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    for group in (outputs["Group"], default):
        assert ec2.revoke_security_group_egress(GroupId=group, IpPermissions=[rule])["Return"]
        assert ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[rule])["Return"]
    with pytest.raises(ClientError) as error:
        ec2.revoke_security_group_ingress(GroupId="sg-absent", IpPermissions=[rule])
    assert error.value.response["Error"]["Code"] == "InvalidGroup.NotFound"
