"""The CloudFormation types of SES.

CloudFormation cannot make a rule set the active one; on AWS somebody does that by hand or by a
call. Here one that a template declares becomes active when no other is, so that the template works
as it stands.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eventmill.services.contract import (
    Call,
    Created,
    Refused,
    Resource,
    ResourceType,
    Support,
    generated_name,
    truth,
)
from eventmill.services.ses import configuration_sets, identities, rules, templates
from eventmill.services.ses.rule_operations import drop_filter, put_filter

H, R = Support.HONOURED, Support.RECORDED


def _name(call: Call, resource: Resource, given: str | None) -> str:
    return given or resource.physical_id or generated_name(resource, call.ids)


def _create_rule_set(call: Call, resource: Resource) -> Created:
    name = _name(call, resource, resource.properties.get("RuleSetName"))
    rules.create_set(call.tx, name)
    if rules.active_set(call.tx) is None:
        rules.activate(call.tx, name)
    return Created(name)


def _keep_rule_set(call: Call, resource: Resource, old: Mapping[str, Any]) -> Created:
    return Created(resource.physical_id or "")


def _delete_rule_set(call: Call, resource: Resource) -> None:
    rules.delete_set(call.tx, resource.physical_id or "", even_active=True)


def _rule(call: Call, resource: Resource) -> dict[str, Any]:
    rule = resource.properties["Rule"]
    return {
        **rule,
        "Name": _name(call, resource, rule.get("Name")),
        "Enabled": truth(rule.get("Enabled", False)),
        "ScanEnabled": truth(rule.get("ScanEnabled", False)),
    }


def _create_rule(call: Call, resource: Resource) -> Created:
    rule, properties = _rule(call, resource), resource.properties
    rules.create(call, properties["RuleSetName"], rule, properties.get("After"))
    return Created(rule["Name"])


def _update_rule(call: Call, resource: Resource, old: Mapping[str, Any]) -> Created:
    rule, properties = _rule(call, resource), resource.properties
    if rule["Name"] != resource.physical_id:
        _delete_rule(call, resource)
        return _create_rule(call, resource)
    rules.update(call, properties["RuleSetName"], rule)
    if properties.get("After") != old.get("After"):
        rules.move(call.tx, properties["RuleSetName"], rule["Name"], properties.get("After"))
    return Created(rule["Name"])


def _delete_rule(call: Call, resource: Resource) -> None:
    rules.delete(call.tx, resource.properties["RuleSetName"], resource.physical_id or "")


def _create_filter(call: Call, resource: Resource) -> Created:
    wanted = dict(resource.properties["Filter"])
    wanted["Name"] = _name(call, resource, wanted.get("Name"))
    put_filter(call.tx, wanted)
    return Created(wanted["Name"])


def _update_filter(call: Call, resource: Resource, old: Mapping[str, Any]) -> Created:
    drop_filter(call.tx, resource.physical_id or "")
    return _create_filter(call, resource)


def _delete_filter(call: Call, resource: Resource) -> None:
    drop_filter(call.tx, resource.physical_id or "")


def _put_identity(call: Call, resource: Resource) -> Created:
    properties = resource.properties
    name = properties["EmailIdentity"]
    identities.verify(call.tx, name)
    held = identities.find(call.tx, name) or {}
    kept = (properties.get("ConfigurationSetAttributes") or {}).get("ConfigurationSetName")
    tags = properties.get("Tags") or []
    identities.put(call.tx, name, {**held, "ConfigurationSetName": kept, "Tags": tags})
    attributes = {}
    for number, token in enumerate(identities.dkim_tokens(name), 1):
        attributes[f"DkimDNSTokenName{number}"] = f"{token}._domainkey.{name}"
        attributes[f"DkimDNSTokenValue{number}"] = f"{token}.dkim.amazonses.com"
    return Created(name, attributes)


def _update_identity(call: Call, resource: Resource, old: Mapping[str, Any]) -> Created:
    return _put_identity(call, resource)


def _delete_identity(call: Call, resource: Resource) -> None:
    identities.drop(call.tx, resource.physical_id or "")


def _create_template(call: Call, resource: Resource) -> Created:
    return _put_template(call, resource, new=True)


def _update_template(call: Call, resource: Resource, old: Mapping[str, Any]) -> Created:
    renamed = _name(call, resource, resource.properties["Template"].get("TemplateName"))
    if renamed != resource.physical_id:
        _delete_template(call, resource)
    return _put_template(call, resource, new=renamed != resource.physical_id)


def _put_template(call: Call, resource: Resource, *, new: bool) -> Created:
    template = resource.properties["Template"]
    name = _name(call, resource, template.get("TemplateName"))
    templates.put(call.tx, name, templates.modern(template), new=new)
    return Created(name, {"Id": name})


def _delete_template(call: Call, resource: Resource) -> None:
    templates.drop(call.tx, resource.physical_id or "")


def _create_set(call: Call, resource: Resource) -> Created:
    name = _name(call, resource, resource.properties.get("Name"))
    configuration_sets.create(call.tx, name, _options(resource))
    return Created(name)


def _options(resource: Resource) -> dict[str, Any]:
    return {key: value for key, value in resource.properties.items() if key.endswith("Options")}


def _update_set(call: Call, resource: Resource, old: Mapping[str, Any]) -> Created:
    configuration_sets.change(call.tx, resource.physical_id or "", _options(resource))
    return Created(resource.physical_id or "")


def _delete_set(call: Call, resource: Resource) -> None:
    configuration_sets.drop(call.tx, resource.physical_id or "")


def _put_destination(call: Call, resource: Resource) -> Created:
    properties = resource.properties
    given = properties["EventDestination"]
    name = _name(call, resource, given.get("Name"))
    configuration_sets.put_destination(
        call, properties["ConfigurationSetName"], name, given, new=None
    )
    return Created(name, {"Id": name})


def _update_destination(call: Call, resource: Resource, old: Mapping[str, Any]) -> Created:
    _delete_destination(call, resource)
    return _put_destination(call, resource)


def _delete_destination(call: Call, resource: Resource) -> None:
    name = resource.properties["ConfigurationSetName"]
    found = configuration_sets.find(call.tx, name)
    if found is not None and resource.physical_id in found[1]:
        configuration_sets.drop_destination(call.tx, name, resource.physical_id)


RESOURCES = (
    ResourceType(
        "AWS::SES::ReceiptRuleSet",
        {"RuleSetName": H, "Tags": R},
        _create_rule_set,
        _keep_rule_set,
        _delete_rule_set,
        frozenset({"RuleSetName"}),
    ),
    ResourceType(
        "AWS::SES::ReceiptRule",
        {
            "RuleSetName": H,
            "After": H,
            "Rule": H,
            "Rule.TlsPolicy": R,
            "Rule.Actions.ConnectAction": Refused("there is no Amazon Connect on this engine"),
        },
        _create_rule,
        _update_rule,
        _delete_rule,
        frozenset({"RuleSetName"}),
    ),
    ResourceType(
        "AWS::SES::ReceiptFilter",
        {"Filter": H},
        _create_filter,
        _update_filter,
        _delete_filter,
        frozenset({"Filter"}),
        adopts=(),
    ),
    ResourceType(
        "AWS::SES::EmailIdentity",
        {"EmailIdentity": H, "ConfigurationSetAttributes": H}
        | dict.fromkeys(
            (
                "DkimAttributes",
                "DkimSigningAttributes",
                "FeedbackAttributes",
                "MailFromAttributes",
                "Tags",
            ),
            R,
        ),
        _put_identity,
        _update_identity,
        _delete_identity,
        frozenset({"EmailIdentity"}),
        adopts=(),
    ),
    ResourceType(
        "AWS::SES::Template",
        {"Template": H, "Tags": R},
        _create_template,
        _update_template,
        _delete_template,
    ),
    ResourceType(
        "AWS::SES::ConfigurationSet",
        {"Name": H}
        | dict.fromkeys(
            (
                "ArchivingOptions",
                "DeliveryOptions",
                "ReputationOptions",
                "SendingOptions",
                "SuppressionOptions",
                "Tags",
                "TrackingOptions",
                "VdmOptions",
            ),
            R,
        ),
        _create_set,
        _update_set,
        _delete_set,
        frozenset({"Name"}),
    ),
    ResourceType(
        "AWS::SES::ConfigurationSetEventDestination",
        {
            "ConfigurationSetName": H,
            "EventDestination": H,
            "EventDestination.CloudWatchDestination": R,
            "EventDestination.KinesisFirehoseDestination": R,
        },
        _put_destination,
        _update_destination,
        _delete_destination,
        frozenset({"ConfigurationSetName"}),
        adopts=("ConfigurationSetName",),
    ),
)
