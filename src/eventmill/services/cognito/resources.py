"""The CloudFormation types of user pools.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_Cognito.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from eventmill.services.cognito import clients, faults, names, pool_operations, pools
from eventmill.services.cognito.members import MEMBERS
from eventmill.services.cognito.pools import Pool
from eventmill.services.cognito.resource_servers import RESOURCE_SERVER
from eventmill.services.contract import (
    Call,
    Created,
    Resource,
    ResourceType,
    Support,
    generated_name,
    known,
    truth,
    typed,
)

H, R = Support.HONOURED, Support.RECORDED

_Kinds = dict[str, Callable[[str], Any]]
_POOL_KINDS: _Kinds = {
    **dict.fromkeys(
        (
            *("MinimumLength", "TemporaryPasswordValidityDays", "UnusedAccountValidityDays"),
            *("Priority", "PasswordHistorySize"),
        ),
        int,
    ),
    **dict.fromkeys(
        (
            *("RequireUppercase", "RequireLowercase", "RequireNumbers", "RequireSymbols"),
            *("AllowAdminCreateUserOnly", "CaseSensitive", "Required", "Mutable"),
            "DeveloperOnlyAttribute",
        ),
        truth,
    ),
}
_CLIENT_KINDS: _Kinds = {
    **dict.fromkeys(
        (
            *("AccessTokenValidity", "IdTokenValidity", "RefreshTokenValidity"),
            *("AuthSessionValidity", "RetryGracePeriodSeconds"),
        ),
        int,
    ),
    **dict.fromkeys(
        (
            *("GenerateSecret", "EnableTokenRevocation", "AllowedOAuthFlowsUserPoolClient"),
            "EnablePropagateAdditionalUserContextData",
        ),
        truth,
    ),
}
_FIXED = ("AliasAttributes", "UsernameAttributes", "UsernameConfiguration")
_SENDERS = ("CustomSMSSender", "CustomEmailSender", "InboundFederation")


def _pool_settings(properties: Mapping[str, Any]) -> dict[str, Any]:
    given: dict[str, Any] = typed(dict(properties), _POOL_KINDS)
    given["Name"] = given.pop("UserPoolName", None)
    return given


def _pool_created(pool: Pool) -> Created:
    issuer = names.issuer(pool.id)
    return Created(
        pool.id,
        {
            "Arn": pool.config["Arn"],
            "UserPoolId": pool.id,
            "ProviderName": issuer.removeprefix("https://"),
            "ProviderURL": issuer,
        },
    )


def _create_pool(call: Call, resource: Resource) -> Created:
    given = _pool_settings(resource.properties)
    given["Name"] = given["Name"] or generated_name(resource, call.ids, limit=128)
    return _pool_created(pools.create(call, given))


def _update_pool(call: Call, resource: Resource, old: Mapping[str, Any]) -> Created:
    pool = pools.existing(call.tx, resource.physical_id or "")
    for name in _FIXED:
        if resource.properties.get(name) != old.get(name):
            raise faults.parameter(f"Updates are not allowed for property - {name}.")
    _add_attributes(call, pool, resource.properties.get("Schema"), old.get("Schema"))
    pool = pools.existing(call.tx, pool.id)
    settings = _pool_settings(resource.properties)
    if settings["Name"] is None:
        del settings["Name"]
    pools.change(call.tx, pool, settings)
    return _pool_created(pool)


def _add_attributes(
    call: Call,
    pool: Pool,
    wanted: list[dict[str, Any]] | None,
    held: list[dict[str, Any]] | None,
) -> None:
    """A schema may only grow. Raises Invalid for other changes."""
    before = {entry["Name"]: entry for entry in held or ()}
    after = {entry["Name"]: entry for entry in wanted or ()}
    if any(after.get(name) != entry for name, entry in before.items()):
        raise faults.parameter("Existing schema attributes cannot be modified or deleted.")
    added = [entry for name, entry in after.items() if name not in before]
    if added:
        pool_operations.add_attributes(call, pool, typed(added, _POOL_KINDS))


def _delete_pool(call: Call, resource: Resource) -> None:
    if pools.find(call.tx, resource.physical_id or "") is not None:
        pool_operations.delete_user_pool(call, {"UserPoolId": resource.physical_id})


def _validate_pool(properties: Mapping[str, Any]) -> None:
    pools.whole(_pool_settings(known(properties)))


def _pool_remark(properties: Mapping[str, Any]) -> str:
    triggers = properties.get("LambdaConfig")
    idle = [name for name in _SENDERS if isinstance(triggers, dict) and name in triggers]
    said = []
    if str(properties.get("MfaConfiguration")) == "ON":
        said.append("nobody is asked for a second factor here")
    if idle:
        verb = "is" if len(idle) == 1 else "are"
        said.append(
            f"{' and '.join(idle)} {verb} not invoked: messages lie in the local mailbox, and "
            "there are no identity providers"
        )
    return "; ".join(said)


def _client_settings(properties: Mapping[str, Any]) -> dict[str, Any]:
    given: dict[str, Any] = typed(dict(properties), _CLIENT_KINDS)
    given.pop("UserPoolId", None)
    return given


def _client_created(client: clients.Client) -> Created:
    attributes = {"ClientId": client.id, "Name": client.config["ClientName"]}
    if client.secret:
        attributes["ClientSecret"] = client.secret
    return Created(client.id, attributes)


def _create_client(call: Call, resource: Resource) -> Created:
    pool = pools.existing(call.tx, resource.properties["UserPoolId"])
    settings = _client_settings(resource.properties)
    settings["ClientName"] = settings.get("ClientName") or generated_name(
        resource, call.ids, limit=128
    )
    return _client_created(clients.create(call, pool, settings))


def _update_client(call: Call, resource: Resource, old: Mapping[str, Any]) -> Created:
    pool = pools.existing(call.tx, resource.properties["UserPoolId"])
    client = clients.existing(call.tx, resource.physical_id or "", pool.id)
    settings = _client_settings(resource.properties)
    settings.pop("GenerateSecret", None)
    return _client_created(clients.change(call.tx, pool, client, settings))


def _delete_client(call: Call, resource: Resource) -> None:
    clients.delete(call.tx, resource.physical_id or "")


def _validate_client(properties: Mapping[str, Any]) -> None:
    clients.whole(_client_settings(known(properties)))


RESOURCES = (
    ResourceType(
        "AWS::Cognito::UserPool",
        dict.fromkeys(
            (
                *("UserPoolName", "Policies", "Schema", "LambdaConfig", "AutoVerifiedAttributes"),
                *("AliasAttributes", "UsernameAttributes", "UsernameConfiguration"),
                *("VerificationMessageTemplate", "EmailVerificationMessage"),
                *("EmailVerificationSubject", "SmsVerificationMessage", "EmailConfiguration"),
                *("AdminCreateUserConfig", "AccountRecoverySetting", "DeletionProtection"),
                *("UserAttributeUpdateSettings", "UserPoolTags"),
            ),
            H,
        )
        | {f"LambdaConfig.{name}": R for name in (*_SENDERS, "KMSKeyID")}
        | dict.fromkeys(
            (
                *("MfaConfiguration", "EnabledMfas", "SmsAuthenticationMessage"),
                *("EmailAuthenticationMessage", "EmailAuthenticationSubject"),
                *("SmsConfiguration", "DeviceConfiguration", "UserPoolAddOns", "UserPoolTier"),
                *("WebAuthnRelyingPartyID", "WebAuthnUserVerification"),
                *("WebAuthnFactorConfiguration", "KeyConfiguration", "IssuerConfiguration"),
                *("Policies.SignInPolicy", "Policies.PasswordPolicy.PasswordHistorySize"),
            ),
            R,
        ),
        _create_pool,
        _update_pool,
        _delete_pool,
        remark=_pool_remark,
        validate=_validate_pool,
        attributes=("Arn", "UserPoolId", "ProviderName", "ProviderURL"),
    ),
    ResourceType(
        "AWS::Cognito::UserPoolClient",
        dict.fromkeys(
            (
                *("UserPoolId", "ClientName", "GenerateSecret", "ExplicitAuthFlows"),
                *("AccessTokenValidity", "IdTokenValidity", "RefreshTokenValidity"),
                *("TokenValidityUnits", "AuthSessionValidity", "EnableTokenRevocation"),
                *("PreventUserExistenceErrors", "ReadAttributes", "WriteAttributes"),
                *("RefreshTokenRotation", "AllowedOAuthFlows", "AllowedOAuthScopes"),
            ),
            H,
        )
        | dict.fromkeys(
            (
                "AllowedOAuthFlowsUserPoolClient",
                *("AnalyticsConfiguration", "CallbackURLs", "DefaultRedirectURI", "LogoutURLs"),
                *("SupportedIdentityProviders", "EnablePropagateAdditionalUserContextData"),
                "RefreshTokenRotation.RetryGracePeriodSeconds",
            ),
            R,
        ),
        _create_client,
        _update_client,
        _delete_client,
        frozenset({"UserPoolId", "GenerateSecret"}),
        validate=_validate_client,
        attributes=("ClientId", "ClientSecret", "Name"),
    ),
    *MEMBERS,
    RESOURCE_SERVER,
)
