"""The CloudFormation types of what belongs to a user pool: domains, groups, users.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_Cognito.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eventmill.services.cognito import (
    client_operations,
    contacts,
    faults,
    groups,
    messages,
    new_users,
    passwords,
    pools,
    schema_attributes,
    users,
)
from eventmill.services.contract import (
    Call,
    Created,
    Resource,
    ResourceType,
    Support,
    generated_name,
    typed,
)

H, R = Support.HONOURED, Support.RECORDED


def _create_domain(call: Call, resource: Resource) -> Created:
    address = client_operations.put_domain(call, resource.properties)
    return Created(resource.properties["Domain"], {"CloudFrontDistribution": address})


def _update_domain(call: Call, resource: Resource, old: Mapping[str, Any]) -> Created:
    client_operations.put_domain(call, resource.properties)
    return Created(resource.physical_id or "", dict(resource.attributes))


def _delete_domain(call: Call, resource: Resource) -> None:
    call.tx.execute("DELETE FROM cognito_domains WHERE domain=?", (resource.physical_id,))


def _group_settings(properties: Mapping[str, Any]) -> dict[str, Any]:
    given: dict[str, Any] = typed(dict(properties), {"Precedence": int})
    return given


def _create_group(call: Call, resource: Resource) -> Created:
    properties = resource.properties
    pool = pools.existing(call.tx, properties["UserPoolId"])
    name = properties.get("GroupName") or generated_name(resource, call.ids, limit=128)
    groups.create(call.tx, pool.id, name, _group_settings(properties))
    return Created(name)


def _update_group(call: Call, resource: Resource, old: Mapping[str, Any]) -> Created:
    name = resource.physical_id or ""
    pool = resource.properties["UserPoolId"]
    groups.replace(call.tx, pool, name, _group_settings(resource.properties))
    return Created(name)


def _delete_group(call: Call, resource: Resource) -> None:
    groups.delete(call.tx, resource.properties["UserPoolId"], resource.physical_id or "")


def _create_user(call: Call, resource: Resource) -> Created:
    """As AdminCreateUser; no trigger is asked, for nothing is invoked within a deployment."""
    properties = resource.properties
    pool = pools.existing(call.tx, properties["UserPoolId"])
    given = schema_attributes.values(properties.get("UserAttributes"))
    name = properties.get("Username") or generated_name(resource, call.ids, limit=128)
    schema_attributes.check(pool.config["SchemaAttributes"], given)
    user = new_users.create(
        call,
        pool,
        name,
        given,
        users.FORCE_CHANGE,
        taken="User account already exists",
        move_aliases=str(properties.get("ForceAliasCreation")).lower() == "true",
    )
    password = passwords.generate(pool.password_policy)
    user = users.set_password(call.tx, pool, user, password, users.FORCE_CHANGE)
    if properties.get("MessageAction") != "SUPPRESS":
        for attribute in contacts.to_invite(user, properties.get("DesiredDeliveryMediums")):
            messages.send_plain(
                call, messages.Message(pool, user, "", "AdminCreateUser", attribute, password)
            )
    return Created(user.name)


def _keep(call: Call, resource: Resource, old: Mapping[str, Any]) -> Created:
    """Every property is one that replaces."""
    return Created(resource.physical_id or "", dict(resource.attributes))


def _delete_user(call: Call, resource: Resource) -> None:
    pool = pools.find(call.tx, resource.properties["UserPoolId"])
    user = users.find(call.tx, pool, resource.physical_id or "") if pool else None
    if user is not None:
        users.delete(call.tx, user)


def _attach(call: Call, resource: Resource) -> Created:
    properties = resource.properties
    pool = pools.existing(call.tx, properties["UserPoolId"])
    user = users.existing(call.tx, pool, properties["Username"])
    groups.add(call.tx, pool.id, properties["GroupName"], user)
    return Created(generated_name(resource, call.ids))


def _detach(call: Call, resource: Resource) -> None:
    properties = resource.properties
    pool = pools.find(call.tx, properties["UserPoolId"])
    user = users.find(call.tx, pool, properties["Username"]) if pool else None
    if pool and user and groups.find(call.tx, pool.id, properties["GroupName"]):
        groups.remove(call.tx, pool.id, properties["GroupName"], user)


def _validate_user(properties: Mapping[str, Any]) -> None:
    for medium in properties.get("DesiredDeliveryMediums") or ():
        if medium and medium not in ("EMAIL", "SMS"):
            raise faults.parameter(f"DesiredDeliveryMediums are EMAIL and SMS, not {medium}.")


_ATTACHMENT = ("UserPoolId", "GroupName", "Username")
_USER = (
    *("UserPoolId", "Username", "UserAttributes", "DesiredDeliveryMediums"),
    *("ForceAliasCreation", "MessageAction"),
)
_FOR_TRIGGERS = ("ValidationData", "ClientMetadata")

MEMBERS = (
    ResourceType(
        "AWS::Cognito::UserPoolDomain",
        {"UserPoolId": H, "Domain": H}
        | dict.fromkeys(("CustomDomainConfig", "ManagedLoginVersion", "Routing"), R),
        _create_domain,
        _update_domain,
        _delete_domain,
        frozenset({"UserPoolId", "Domain"}),
        attributes=("CloudFrontDistribution",),
    ),
    ResourceType(
        "AWS::Cognito::UserPoolGroup",
        dict.fromkeys(("UserPoolId", "GroupName", "Description", "RoleArn", "Precedence"), H),
        _create_group,
        _update_group,
        _delete_group,
        frozenset({"UserPoolId", "GroupName"}),
        attributes=(),
    ),
    ResourceType(
        "AWS::Cognito::UserPoolUser",
        dict.fromkeys(_USER, H) | dict.fromkeys(_FOR_TRIGGERS, R),
        _create_user,
        _keep,
        _delete_user,
        frozenset((*_USER, *_FOR_TRIGGERS)),
        validate=_validate_user,
        attributes=(),
    ),
    ResourceType(
        "AWS::Cognito::UserPoolUserToGroupAttachment",
        dict.fromkeys(_ATTACHMENT, H),
        _attach,
        _keep,
        _detach,
        frozenset(_ATTACHMENT),
        adopts=(),
        attributes=(),
    ),
)
