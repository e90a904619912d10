"""Mail templates, as stored: one set of them for both versions of the API.

https://docs.aws.amazon.com/ses/latest/dg/send-personalized-email-api.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from eventmill.kernel.errors import Invalid
from eventmill.services.contract import Call, Result
from eventmill.services.ses import compose, handlebars
from eventmill.services.ses.handlebars import MissingAttribute, TemplateError
from eventmill.services.ses.operations import OPERATIONS
from eventmill.services.ses.pages import paged
from eventmill.store.transaction import Transaction

PARTS = {"Subject": "SubjectPart", "Text": "TextPart", "Html": "HtmlPart"}
"""Members of a template in SESv2 and in the older API."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A template filled in."""

    subject: str
    text: str | None
    html: str | None


def find(tx: Transaction, name: str) -> dict[str, str] | None:
    """Subject, Text and Html of a template, or None."""
    row = tx.one("SELECT content FROM ses_templates WHERE name=?", (name,))
    return None if row is None else json.loads(row[0])


def require(tx: Transaction, name: str) -> dict[str, str]:
    """Raises Invalid (TemplateDoesNotExist)."""
    content = find(tx, name)
    if content is None:
        raise Invalid(
            "TemplateDoesNotExist",
            f"Template {name} does not exist.",
            fields={"TemplateName": name},
        )
    return content


def put(tx: Transaction, name: str, content: Mapping[str, Any], *, new: bool) -> None:
    """Keep a template. Raises Invalid for one that is malformed, there already, or not there."""
    held = find(tx, name)
    if new and held is not None:
        raise Invalid("AlreadyExists", f"Template {name} already exists.", fields={"Name": name})
    if not new:
        require(tx, name)
    kept = {part: content[part] for part in PARTS if content.get(part)}
    if not kept.get("Subject"):
        raise Invalid("InvalidTemplate", "The subject must be specified.")
    check(name, kept)
    tx.execute(
        "INSERT INTO ses_templates VALUES(?,?,?)"
        " ON CONFLICT(name) DO UPDATE SET content=excluded.content",
        (name, tx.now, json.dumps(kept)),
    )


def check(name: str, content: Mapping[str, str]) -> None:
    """Raises Invalid (InvalidTemplate)."""
    for part in content.values():
        try:
            handlebars.parse(part)
        except TemplateError as error:
            raise Invalid(
                "InvalidTemplate", f"Template {name}: {error}", fields={"TemplateName": name}
            ) from None


def drop(tx: Transaction, name: str) -> None:
    """One that is gone is no error."""
    tx.execute("DELETE FROM ses_templates WHERE name=?", (name,))


def listed(tx: Transaction) -> list[dict[str, Any]]:
    """Names and dates, newest first."""
    rows = tx.all("SELECT name, created FROM ses_templates ORDER BY created DESC, name")
    return [{"Name": name, "CreatedTimestamp": created} for name, created in rows]


def data_of(text: str | None) -> dict[str, Any]:
    """Template data. Raises Invalid (InvalidRenderingParameter) when it is no JSON object."""
    try:
        data = json.loads(text or "{}")
    except ValueError:
        data = None
    if not isinstance(data, dict):
        raise Invalid("InvalidRenderingParameter", "Template rendering data is invalid.")
    return data


def fill_in(content: Mapping[str, str], data: Mapping[str, Any]) -> Rendered:
    """Raises MissingAttribute."""

    def part(name: str) -> str | None:
        return handlebars.render(content[name], data) if content.get(name) else None

    return Rendered(part("Subject") or "", part("Text"), part("Html"))


def trial(tx: Transaction, name: str, text: str) -> str:
    """A template filled in, as a MIME message. Raises Invalid."""
    content, data = require(tx, name), data_of(text)
    try:
        made = fill_in(content, data)
    except MissingAttribute as missing:
        raise Invalid(
            "MissingRenderingAttribute", str(missing), fields={"TemplateName": name}
        ) from None
    draft = compose.Draft("", [], [], [], [], made.subject, made.text, made.html)
    return compose.message(draft, tx.now).decode("utf-8", "replace")


def modern(template: Mapping[str, Any]) -> dict[str, Any]:
    """The content of a template as the older API and CloudFormation have it."""
    return {part: template.get(old) for part, old in PARTS.items()}


@OPERATIONS.write("CreateTemplate")
def create_template(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid."""
    template = request["Template"]
    put(call.tx, template["TemplateName"], modern(template), new=True)
    return {}


@OPERATIONS.write("UpdateTemplate")
def update_template(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid."""
    template = request["Template"]
    put(call.tx, template["TemplateName"], modern(template), new=False)
    return {}


@OPERATIONS.read("GetTemplate")
def get_template(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid."""
    name = request["TemplateName"]
    content = require(call.tx, name)
    shown = {PARTS[part]: text for part, text in content.items()}
    return {"Template": {"TemplateName": name, **shown}}


@OPERATIONS.read("ListTemplates")
def list_templates(call: Call, request: dict[str, Any]) -> Result:
    """Newest first. Raises Invalid."""
    return paged(listed(call.tx), "TemplatesMetadata", request, 100)


@OPERATIONS.write("DeleteTemplate")
def delete_template(call: Call, request: dict[str, Any]) -> Result:
    """One that is gone is no error."""
    drop(call.tx, request["TemplateName"])
    return {}


@OPERATIONS.read("TestRenderTemplate")
def test_render_template(call: Call, request: dict[str, Any]) -> Result:
    """Raises Invalid."""
    return {"RenderedTemplate": trial(call.tx, request["TemplateName"], request["TemplateData"])}
