"""SES: mail that comes in over SMTP to everything that rules do with it, and mail that goes out."""

from __future__ import annotations

import base64
import json
import smtplib
from email import message_from_string, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from eventmill.testing import engine
from tests.queues import taken
from tests.shape import assert_shape, recorded

APP = Path(__file__).parents[1] / "apps" / "mail"
OFFICE = "office.example.com"


@pytest.fixture(scope="module")
def app():
    with engine() as running:
        running.deploy(APP)
        yield running


def mail(to: str, subject: str = "hello", text: str = "text", **headers: str) -> EmailMessage:
    made = EmailMessage()
    made["From"] = "Jäne Doe <jane@example.org>"
    made["To"] = to
    made["Subject"] = subject
    for name, value in headers.items():
        made[name.replace("_", "-")] = value
    made.set_content(text)
    return made


def send(app: Any, message: EmailMessage, *recipients: str) -> str:
    """Over SMTP; returns the id that the 250 names."""
    with smtplib.SMTP(*app.smtp) as client:
        client.ehlo()
        client.mail("jane@example.org")
        for recipient in recipients or [message["To"]]:
            code, said = client.rcpt(recipient)
            if code != 250:
                raise smtplib.SMTPRecipientsRefused({recipient: (code, said)})
        code, said = client.data(message.as_bytes(policy=policy.SMTP))
        assert code == 250, said
        return said.decode().split()[1]


def received(app: Any, output: str) -> list[Any]:
    """The bodies that a queue holds once nothing moves, as JSON; taken out."""
    app.settle()
    return [json.loads(message["Body"]) for message in taken(app, app.outputs[output])]


def test_a_mail_is_stored_announced_and_read_by_a_function(app) -> None:
    message = mail(
        f"invoices+2024@{OFFICE}",
        "Rechnung für Sie",
        Cc=f"Someone Else <gone@{OFFICE}>",
        Date="Mon, 05 Dec 2016 18:40:08 -0800",
        Message_ID="<m1@example.org>",
        X_Eventmill_Verdict="dkim=GRAY",
    )
    number = send(app, message, f"invoices+2024@{OFFICE}", f"gone@{OFFICE}")
    told = received(app, "Results")
    (event,) = [one for one in told if "Records" in one]
    assert_shape(event, recorded("ses.receipt"))
    headers = {h["name"]: h["value"] for h in event["Records"][0]["ses"]["mail"]["headers"]}
    assert headers["Return-Path"] == "<jane@example.org>" and headers["X-Filed"] == "yes"
    assert headers["X-SES-Spam-Verdict"] == "PASS" and number in headers["Received"]
    (announced,) = [one for one in told if "notificationType" in one]
    assert announced["notificationType"] == "Received" and "content" not in announced
    action = announced["receipt"]["action"]
    assert action == {
        "type": "S3",
        "topicArn": action["topicArn"],
        "bucketName": app.outputs["Mails"],
        "objectKeyPrefix": "in/",
        "objectKey": f"in/{number}",
    }
    stored = app.client("s3").get_object(Bucket=app.outputs["Mails"], Key=f"in/{number}")
    body = stored["Body"].read()
    assert body.startswith(b"X-Filed: yes\r\nReturn-Path: <jane@example.org>\r\n")
    assert body.endswith(b"\r\n\r\ntext\r\n")


def test_a_bounce_action_answers_the_sender(app) -> None:
    before = len(app.mailbox("jane@example.org"))
    send(app, mail(f"gone@{OFFICE}"))
    app.settle()
    (bounce,) = app.mailbox("jane@example.org")[before:]
    assert "Nobody of that name is here." in bounce["text"]
    parsed = message_from_string(bounce["raw"], policy=policy.default)
    assert parsed["From"] == f"postmaster@{OFFICE}"
    assert parsed.get_content_type() == "multipart/report"
    kinds = [part.get_content_type() for part in parsed.iter_parts()]
    assert kinds == ["text/plain", "message/delivery-status", "text/rfc822-headers"]
    assert f"Final-Recipient: rfc822; gone@{OFFICE}" in bounce["raw"]
    assert "Status: 5.1.1" in bounce["raw"]


def test_a_topic_gets_the_whole_mail_and_a_stop_ends_the_rules(app) -> None:
    before = len(app.mailbox("jane@example.org"))
    send(app, mail(f"news@{OFFICE}", text="all of it"))
    told, stopped = received(app, "Results")
    assert told["receipt"]["action"]["type"] == "SNS"
    assert told["receipt"]["action"]["encoding"] == "BASE64"
    assert b"all of it" in base64.b64decode(told["content"])
    assert told["receipt"]["spamVerdict"]["status"] == "DISABLED", "the rule does not scan"
    assert stopped["receipt"]["action"]["type"] == "Stop" and "content" not in stopped
    assert len(app.mailbox("jane@example.org")) == before, "the rule behind it would bounce"


def test_a_function_that_is_awaited_can_stop_the_rule_set(app) -> None:
    gtube = "XJS*C4JDBQADN1.NSBN3*2IDNEN*" + "GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"
    send(app, mail(f"invoices@{OFFICE}", text=gtube))
    assert received(app, "Results") == []


def test_a_broken_function_is_tried_again_and_then_the_mail_bounces(app) -> None:
    before = len(app.mailbox("jane@example.org"))
    send(app, mail(f"invoices@{OFFICE}", subject="fail"))
    report = app.settle()
    assert [motion.name for motion in report.later] == ["outbox ses.receipt"]
    for _ in range(30):
        app.advance(901)
        report = app.settle()
        if not report.later:
            break
    (bounce,) = app.mailbox("jane@example.org")[before:]
    assert "451 4.3.0" in bounce["text"]
    assert received(app, "Results") == []


def test_an_answer_that_is_no_json_decides_nothing(app) -> None:
    send(app, mail(f"gone@{OFFICE}", subject="no json"))
    assert not app.settle().later
    assert "Nobody of that name is here." in app.mailbox("jane@example.org")[-1]["text"]


def test_recipients_are_refused_that_no_rule_is_for(app) -> None:
    for address in ("x@example.com", "x@sub.office.example.com", "x@branches.example.com"):
        with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
            send(app, mail(address))
        assert refused.value.recipients[address][0] == 550
    assert len(send(app, mail("x@north.branches.example.com"))) == 40
    app.settle()


def test_no_sender_comes_through_a_filter(app) -> None:
    ses = app.client("ses")
    wanted = {"Name": "here", "IpFilter": {"Policy": "Block", "Cidr": "127.0.0.0/8"}}
    ses.create_receipt_filter(Filter=wanted)
    try:
        with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
            send(app, mail(f"invoices@{OFFICE}"))
        assert refused.value.recipients[f"invoices@{OFFICE}"][0] == 554
    finally:
        ses.delete_receipt_filter(FilterName="here")
    assert [one["Name"] for one in ses.list_receipt_filters()["Filters"]] == ["spammers"]


def test_a_mail_is_sent_to_the_mailbox_and_its_fate_is_told(app) -> None:
    number = app.client("ses").send_email(
        Source="Office <reports@office.example.com>",
        Destination={
            "ToAddresses": ["Anna <anna@example.net>"],
            "BccAddresses": ["bounce@simulator.amazonses.com"],
        },
        Message={
            "Subject": {"Data": "Report für März"},
            "Body": {"Text": {"Data": "plain"}, "Html": {"Data": "<b>rich</b>"}},
        },
        Tags=[{"Name": "campaign", "Value": "spring"}],
        ConfigurationSetName="reports",
    )["MessageId"]
    told = {one["eventType"]: one for one in received(app, "Sent")}
    assert set(told) == {"Send", "Delivery", "Bounce"}
    about = told["Send"]["mail"]
    assert about["messageId"] == number and about["source"] == "reports@office.example.com"
    assert about["tags"]["campaign"] == ["spring"]
    assert about["tags"]["ses:configuration-set"] == ["reports"]
    assert told["Delivery"]["delivery"]["recipients"] == ["anna@example.net"]
    bounced = told["Bounce"]["bounce"]
    assert bounced["bounceType"] == "Permanent"
    assert bounced["bouncedRecipients"][0]["emailAddress"] == "bounce@simulator.amazonses.com"
    (mail_,) = app.mailbox("anna@example.net")
    assert mail_["subject"] == "Report für März" and mail_["messageId"] == number
    assert (mail_["text"].strip(), mail_["html"].strip()) == ("plain", "<b>rich</b>")
    names = dict(mail_["headers"])
    assert names["Message-ID"] == f"<{number}@email.amazonses.com>" and "Bcc" not in names


def test_templates_are_filled_in_for_each_destination(app) -> None:
    ses, v2 = app.client("ses"), app.client("sesv2")
    people = {"Ada": [{"id": 7}, {"id": 8}], "Bob": []}
    status = ses.send_bulk_templated_email(
        Source="office@office.example.com",
        Template="welcome",
        DefaultTemplateData='{"name": "you"}',
        ConfigurationSetName="reports",
        Destinations=[
            {
                "Destination": {"ToAddresses": [f"{name}@example.net"]},
                "ReplacementTemplateData": json.dumps({"name": name, "orders": orders}),
            }
            for name, orders in people.items()
        ],
    )["Status"]
    assert [one["Status"] for one in status] == ["Success", "Success"]
    (ada,), (bob,) = app.mailbox("ada@example.net"), app.mailbox("bob@example.net")
    assert ada["subject"] == "Welcome, Ada" and ada["text"].strip() == "Dear Ada, 0=7 1=8."
    assert bob["text"].strip() == "Dear Bob, no orders."
    v2.send_email(
        FromEmailAddress="office@office.example.com",
        Destination={"ToAddresses": ["eve@example.net"]},
        Content={"Template": {"TemplateName": "welcome", "TemplateData": "{}"}},
        ConfigurationSetName="reports",
    )
    (failed,) = [one for one in received(app, "Sent") if one["eventType"] == "Rendering Failure"]
    assert failed["failure"]["templateName"] == "welcome" and "name" in str(failed["failure"])
    assert app.mailbox("eve@example.net") == []
    shown = ses.test_render_template(TemplateName="welcome", TemplateData='{"name": "Z"}')
    assert "Subject: Welcome, Z" in shown["RenderedTemplate"]


def test_raw_mails_and_attachments(app) -> None:
    ses, v2 = app.client("ses"), app.client("sesv2")
    message = mail("carl@example.net", "raw")
    message["Bcc"] = "dora@example.net"
    message.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="a.pdf")
    ses.send_raw_email(RawMessage={"Data": message.as_bytes()})
    (seen,) = app.mailbox("dora@example.net")
    assert seen["to"] == ["carl@example.net", "dora@example.net"] and "dora" not in seen["raw"]
    assert seen["attachments"] == [{"name": "a.pdf", "type": "application/pdf", "size": 4}]
    v2.send_email(
        FromEmailAddress="office@office.example.com",
        Destination={"ToAddresses": ["finn@example.net"]},
        Content={
            "Simple": {
                "Subject": {"Data": "with a file"},
                "Body": {"Text": {"Data": "see there"}},
                "Attachments": [{"RawContent": b"1,2", "FileName": "b.csv"}],
                "Headers": [{"Name": "X-Kind", "Value": "list"}],
            }
        },
    )
    (seen,) = app.mailbox("finn@example.net")
    assert seen["attachments"][0]["name"] == "b.csv" and ["X-Kind", "list"] in seen["headers"]


def test_a_mail_to_an_address_that_is_received_here_comes_in_again(app) -> None:
    app.client("ses").send_email(
        Source="me@office.example.com",
        Destination={"ToAddresses": [f"news@{OFFICE}", "out@example.net"]},
        Message={"Subject": {"Data": "round"}, "Body": {"Text": {"Data": "and round"}}},
    )
    told, _ = received(app, "Results")
    assert told["mail"]["source"] == "me@office.example.com"
    assert told["mail"]["destination"] == [f"news@{OFFICE}"]
    assert told["mail"]["commonHeaders"]["subject"] == "round"


def test_who_authenticates_over_smtp_sends(app) -> None:
    with smtplib.SMTP(*app.smtp) as client:
        client.login("AKIAEXAMPLE", "password")
        client.send_message(mail("gina@example.net"), from_addr="jane@example.org")
    (seen,) = app.mailbox("gina@example.net")
    assert seen["from"] == "jane@example.org"


def test_rule_sets_by_the_api(app) -> None:
    ses = app.client("ses")
    assert ses.describe_active_receipt_rule_set()["Metadata"]["Name"] == "inbound"
    names = [rule["Name"] for rule in ses.describe_receipt_rule_set(RuleSetName="inbound")["Rules"]]
    assert names == ["guard", "store", "announce", "reject"]
    ses.clone_receipt_rule_set(RuleSetName="copy", OriginalRuleSetName="inbound")
    ses.set_receipt_rule_position(RuleSetName="copy", RuleName="reject")
    ses.delete_receipt_rule(RuleSetName="copy", RuleName="store")
    names = [rule["Name"] for rule in ses.describe_receipt_rule_set(RuleSetName="copy")["Rules"]]
    assert names == ["reject", "guard", "announce"]
    ses.reorder_receipt_rule_set(RuleSetName="copy", RuleNames=["announce", "guard", "reject"])
    ses.set_active_receipt_rule_set(RuleSetName="copy")
    assert ses.describe_active_receipt_rule_set()["Metadata"]["Name"] == "copy"
    ses.set_active_receipt_rule_set(RuleSetName="inbound")
    ses.delete_receipt_rule_set(RuleSetName="copy")
    listed = [one["Name"] for one in ses.list_receipt_rule_sets()["RuleSets"]]
    assert listed == ["inbound"]


@pytest.mark.parametrize(
    ("operation", "request_", "code"),
    [
        ("create_receipt_rule_set", {"RuleSetName": "inbound"}, "AlreadyExists"),
        ("delete_receipt_rule_set", {"RuleSetName": "inbound"}, "CannotDelete"),
        ("describe_receipt_rule_set", {"RuleSetName": "none"}, "RuleSetDoesNotExist"),
        (
            "describe_receipt_rule",
            {"RuleSetName": "inbound", "RuleName": "none"},
            "RuleDoesNotExist",
        ),
        (
            "create_receipt_rule",
            {
                "RuleSetName": "inbound",
                "Rule": {"Name": "r", "Actions": [{"S3Action": {"BucketName": "nowhere"}}]},
            },
            "InvalidS3Configuration",
        ),
        (
            "send_templated_email",
            {
                "Source": "a@b.c",
                "Destination": {"ToAddresses": ["a@b.c"]},
                "Template": "none",
                "TemplateData": "{}",
            },
            "TemplateDoesNotExist",
        ),
        (
            "create_template",
            {"Template": {"TemplateName": "bad", "SubjectPart": "{{#if x}}"}},
            "InvalidTemplate",
        ),
        (
            "send_raw_email",
            {"RawMessage": {"Data": b"From: a@b.c\r\nTo: nobody\r\n\r\nx"}},
            "InvalidParameterValue",
        ),
    ],
)
def test_what_ses_refuses(app, operation: str, request_: dict[str, Any], code: str) -> None:
    with pytest.raises(ClientError) as refused:
        getattr(app.client("ses"), operation)(**request_)
    assert refused.value.response["Error"]["Code"] == code


def test_identities_are_verified_at_once(app) -> None:
    ses, v2 = app.client("ses"), app.client("sesv2")
    ses.verify_email_identity(EmailAddress="me@example.com")
    found = ses.get_identity_verification_attributes(Identities=["me@example.com", "not@there"])
    assert found["VerificationAttributes"] == {"me@example.com": {"VerificationStatus": "Success"}}
    assert v2.get_email_identity(EmailIdentity=OFFICE)["VerifiedForSendingStatus"] is True
    with pytest.raises(v2.exceptions.NotFoundException):
        v2.get_email_identity(EmailIdentity="nowhere.example")
    with pytest.raises(v2.exceptions.AlreadyExistsException):
        v2.create_email_identity(EmailIdentity=OFFICE)
