"""SESv2: sending, identities, templates and configuration sets.

https://docs.aws.amazon.com/ses/latest/APIReference-V2/Welcome.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from eventmill.kernel.errors import Fault, Invalid, NotFound
from eventmill.services.contract import Call, Result
from eventmill.services.ses import (
    configuration_sets,
    identities,
    mime,
    outgoing,
    sending,
    templates,
)
from eventmill.services.ses.operations import V2
from eventmill.services.ses.pages import paged
from eventmill.services.ses.sending import draft_of, tags_of
from eventmill.services.ses.sending_operations import QUOTA, sent_last_day


def _modern(function: Callable[[Call, dict[str, Any]], Result]) -> Any:
    """The codes of SESv2 for what the older API's words say."""

    def run(call: Call, request: dict[str, Any]) -> Result:
        try:
            return function(call, request)
        except Invalid as fault:
            if "DoesNotExist" in fault.code:
                raise NotFound("NotFoundException", fault.message) from None
            code = "AlreadyExistsException" if "Already" in fault.code else "BadRequestException"
            raise Invalid(code, fault.message) from None

    return run


def _send_content(
    call: Call, content: dict[str, Any], request: dict[str, Any], tags: dict[str, str]
) -> str:
    name, sender = request.get("ConfigurationSetName"), request.get("FromEmailAddress") or ""
    destination = request.get("Destination") or {}
    if content.get("Raw"):
        raw = content["Raw"]["Data"]
        given = [
            one for kind in ("To", "Cc", "Bcc") for one in sending.addresses(destination, kind)
        ]
        return sending.send_raw(
            call,
            sender or mime.sender(raw),
            given or mime.recipients(raw),
            raw,
            name,
            outgoing.tags_of(raw) | tags,
        )
    if content.get("Simple"):
        simple = content["Simple"]
        body = simple["Body"]
        made = templates.Rendered(
            simple["Subject"]["Data"],
            (body.get("Text") or {}).get("Data"),
            (body.get("Html") or {}).get("Data"),
        )
        draft = _draft(request, destination, made, simple)
        return sending.send_draft(call, draft, name, tags)
    if content.get("Template"):
        template = content["Template"]
        data = templates.data_of(template.get("TemplateData"))
        draft = _draft(request, destination, sending.EMPTY, template)
        shown, parts = _template(call, template)
        return sending.send_template(call, shown, parts, data, draft, name, tags)
    raise Invalid("BadRequestException", "Content must be one of Simple, Raw and Template.")


def _draft(
    request: dict[str, Any],
    destination: dict[str, Any],
    content: templates.Rendered,
    extra: dict[str, Any],
) -> Any:
    return draft_of(
        request.get("FromEmailAddress") or "",
        destination,
        request.get("ReplyToAddresses"),
        content,
        headers=extra.get("Headers") or (),
        attachments=extra.get("Attachments") or (),
    )


def _template(call: Call, template: dict[str, Any]) -> tuple[str, dict[str, str]]:
    """(its name, its parts) of a stored template or one in the request."""
    if template.get("TemplateContent"):
        parts = {part: text for part, text in template["TemplateContent"].items() if text}
        templates.check("inline", parts)
        return "inline", parts
    name = template.get("TemplateName") or (template.get("TemplateArn") or "").rpartition("/")[2]
    return name, templates.require(call.tx, name)


@V2.write("SendEmail")
@_modern
def send_email(call: Call, request: dict[str, Any]) -> Result:
    """Simple, Raw or Template. Raises Invalid, NotFound."""
    tags = tags_of(request.get("EmailTags"))
    return {"MessageId": _send_content(call, request["Content"], request, tags)}


@V2.write("SendBulkEmail")
@_modern
def send_bulk_email(call: Call, request: dict[str, Any]) -> Result:
    """Entries fail alone. Raises Invalid, NotFound for the request itself."""
    template = request["DefaultContent"].get("Template") or {}
    _template(call, template)
    shared = templates.data_of(template.get("TemplateData"))
    results: list[dict[str, Any]] = []
    for entry in request["BulkEmailEntries"]:
        replaced = (entry.get("ReplacementEmailContent") or {}).get("ReplacementTemplate") or {}
        try:
            data = shared | templates.data_of(replaced.get("ReplacementTemplateData"))
            tags = tags_of(request.get("DefaultEmailTags"))
            tags |= tags_of(entry.get("ReplacementTags"))
            shown, parts = _template(call, template)
            extra = {**template, "Headers": entry.get("ReplacementHeaders")}
            extra["Headers"] = extra["Headers"] or template.get("Headers")
            draft = _draft(request, entry["Destination"], sending.EMPTY, extra)
            name = request.get("ConfigurationSetName")
            number = sending.send_template(call, shown, parts, data, draft, name, tags)
            results.append({"Status": "SUCCESS", "MessageId": number})
        except Fault as fault:
            known = fault.code == "ConfigurationSetDoesNotExist"
            status = "CONFIGURATION_SET_NOT_FOUND" if known else "INVALID_PARAMETER"
            results.append({"Status": status, "Error": fault.message})
    return {"BulkEmailEntryResults": results}


def _dkim(name: str) -> dict[str, Any]:
    return {
        "SigningEnabled": True,
        "Status": "SUCCESS",
        "SigningAttributesOrigin": "AWS_SES",
        **({} if "@" in name else {"Tokens": identities.dkim_tokens(name)}),
    }


def _kind(name: str) -> str:
    return "EMAIL_ADDRESS" if "@" in name else "DOMAIN"


@V2.write("CreateEmailIdentity")
@_modern
def create_email_identity(call: Call, request: dict[str, Any]) -> Result:
    """Verified at once. Raises Invalid."""
    name = request["EmailIdentity"]
    if identities.find(call.tx, name) is not None:
        raise Invalid("AlreadyExistsException", f"Email identity {name} already exist.")
    identities.verify(call.tx, name)
    kept = {key: request[key] for key in ("ConfigurationSetName", "Tags") if request.get(key)}
    identities.change(call.tx, name, kept)
    return {
        "IdentityType": _kind(name),
        "VerifiedForSendingStatus": True,
        "DkimAttributes": _dkim(name),
    }


@V2.read("GetEmailIdentity")
def get_email_identity(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound."""
    name = request["EmailIdentity"]
    held = identities.find(call.tx, name)
    if held is None:
        raise NotFound("NotFoundException", f"Email identity {name} does not exist.")
    answer = {
        "IdentityType": _kind(name),
        "FeedbackForwardingStatus": held.get("ForwardingEnabled", True),
        "VerifiedForSendingStatus": True,
        "VerificationStatus": "SUCCESS",
        "DkimAttributes": _dkim(name),
        "Policies": {},
        "Tags": held.get("Tags", []),
    }
    kept = held.get("ConfigurationSetName")
    return answer | ({"ConfigurationSetName": kept} if kept else {})


@V2.read("ListEmailIdentities")
@_modern
def list_email_identities(call: Call, request: dict[str, Any]) -> Result:
    """By name. Raises Invalid."""
    found = [
        {
            "IdentityType": _kind(name),
            "IdentityName": name,
            "SendingEnabled": True,
            "VerificationStatus": "SUCCESS",
        }
        for name in identities.names(call.tx)
    ]
    return paged(found, "EmailIdentities", request)


@V2.write("DeleteEmailIdentity")
def delete_email_identity(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound."""
    name = request["EmailIdentity"]
    if identities.find(call.tx, name) is None:
        raise NotFound("NotFoundException", f"Email identity {name} does not exist.")
    identities.drop(call.tx, name)
    return {}


@V2.write("CreateEmailTemplate")
@_modern
def create_email_template(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid."""
    templates.put(call.tx, request["TemplateName"], request["TemplateContent"], new=True)
    return {}


@V2.write("UpdateEmailTemplate")
@_modern
def update_email_template(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid, NotFound."""
    templates.put(call.tx, request["TemplateName"], request["TemplateContent"], new=False)
    return {}


@V2.read("GetEmailTemplate")
@_modern
def get_email_template(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound."""
    name = request["TemplateName"]
    return {"TemplateName": name, "TemplateContent": templates.require(call.tx, name)}


@V2.read("ListEmailTemplates")
@_modern
def list_email_templates(call: Call, request: dict[str, Any]) -> Result:
    """Newest first. Raises Invalid."""
    found = [
        {"TemplateName": one["Name"], "CreatedTimestamp": one["CreatedTimestamp"]}
        for one in templates.listed(call.tx)
    ]
    return paged(found, "TemplatesMetadata", request, 100)


@V2.write("DeleteEmailTemplate")
@_modern
def delete_email_template(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound."""
    templates.require(call.tx, request["TemplateName"])
    templates.drop(call.tx, request["TemplateName"])
    return {}


@V2.read("TestRenderEmailTemplate")
@_modern
def test_render_email_template(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid, NotFound."""
    text = templates.trial(call.tx, request["TemplateName"], request["TemplateData"])
    return {"RenderedTemplate": text}


@V2.read("GetAccount")
def get_account(call: Call, request: dict[str, Any]) -> Result:
    """An account out of the sandbox."""
    return {
        "DedicatedIpAutoWarmupEnabled": False,
        "EnforcementStatus": "HEALTHY",
        "ProductionAccessEnabled": True,
        "SendQuota": {**QUOTA, "SentLast24Hours": float(sent_last_day(call))},
        "SendingEnabled": True,
    }


@V2.write("CreateConfigurationSet")
@_modern
def create_configuration_set(call: Call, request: dict[str, Any]) -> Result:
    """Its options are recorded. Raises Invalid."""
    options = {key: value for key, value in request.items() if key != "ConfigurationSetName"}
    configuration_sets.create(call.tx, request["ConfigurationSetName"], options)
    return {}


@V2.read("GetConfigurationSet")
@_modern
def get_configuration_set(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound."""
    name = request["ConfigurationSetName"]
    settings, _ = configuration_sets.require(call.tx, name)
    return {"ConfigurationSetName": name, **settings}


@V2.read("ListConfigurationSets")
@_modern
def list_configuration_sets(call: Call, request: dict[str, Any]) -> Result:
    """By name. Raises Invalid."""
    return paged(configuration_sets.names(call.tx), "ConfigurationSets", request)


@V2.write("DeleteConfigurationSet")
@_modern
def delete_configuration_set(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound."""
    configuration_sets.require(call.tx, request["ConfigurationSetName"])
    configuration_sets.drop(call.tx, request["ConfigurationSetName"])
    return {}


@V2.write("CreateConfigurationSetEventDestination")
@_modern
def create_event_destination(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid, NotFound."""
    _put_destination(call, request, new=True)
    return {}


@V2.write("UpdateConfigurationSetEventDestination")
@_modern
def update_event_destination(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid, NotFound."""
    _put_destination(call, request, new=False)
    return {}


def _put_destination(call: Call, request: dict[str, Any], *, new: bool) -> None:
    name, given = request["EventDestinationName"], request["EventDestination"]
    configuration_sets.put_destination(call, request["ConfigurationSetName"], name, given, new=new)


@V2.read("GetConfigurationSetEventDestinations")
@_modern
def get_event_destinations(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound."""
    _, destinations = configuration_sets.require(call.tx, request["ConfigurationSetName"])
    return {"EventDestinations": [{"Name": name, **one} for name, one in destinations.items()]}


@V2.write("DeleteConfigurationSetEventDestination")
@_modern
def delete_event_destination(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound."""
    configuration_sets.drop_destination(
        call.tx, request["ConfigurationSetName"], request["EventDestinationName"]
    )
    return {}
