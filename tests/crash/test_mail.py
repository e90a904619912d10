"""kill -9 while mails and messages are on their way: what was acknowledged arrives, and once."""

from __future__ import annotations

import json
import smtplib
from email.message import EmailMessage
from pathlib import Path

from eventmill.testing import engine
from tests.crash.process import calm, client_of, kill, start
from tests.hook import hook
from tests.queues import taken

APPS = Path(__file__).parents[1] / "apps"
MAILS = 30


def test_every_mail_with_a_250_is_stored_once(tmp_path: Path) -> None:
    process, said = start(tmp_path / "data", tmp_path / "log", APPS / "mail")
    host, _, port = said["smtp"].rpartition(":")
    mail = EmailMessage()
    mail["Subject"] = "an invoice"
    acknowledged = set()
    with smtplib.SMTP(host, int(port)) as client:
        client.ehlo()
        for _ in range(MAILS):
            client.mail("jane@example.org")
            client.rcpt("invoices@office.example.com")
            code, text = client.data(mail.as_bytes())
            assert code == 250
            acknowledged.add(text.decode().split()[1])
        kill(process)
        client.close()
    with engine(tmp_path / "data") as mill:
        outputs = mill.deploy(APPS / "mail")
        # A function that was killed while it decided is asked again when its mail's turn comes.
        calm(mill, 1, 60)
        listed = mill.client("s3").list_objects_v2(Bucket=outputs["Mails"])["Contents"]
        assert {entry["Key"].removeprefix("in/") for entry in listed} == acknowledged
        told = [json.loads(message["Body"]) for message in taken(mill, outputs["Results"])]
        announced = [one["mail"]["messageId"] for one in told if "notificationType" in one]
        assert sorted(announced) == sorted(acknowledged), "each was announced once"


def test_a_message_for_an_endpoint_that_is_down_survives(tmp_path: Path) -> None:
    with hook() as web:
        app = APPS / "topics"
        parameter = f"HookUrl={web.url}"
        process, said = start(tmp_path / "data", tmp_path / "log", app, "--parameter", parameter)
        sns = client_of(said["endpoint"], "sns")
        web.wait(1)
        topic = said["outputs"]["Orders"]
        sns.confirm_subscription(TopicArn=topic, Token=web.bodies()[0]["Token"])
        web.answers = [503]
        number = sns.publish(TopicArn=topic, Message='{"total": 100}')["MessageId"]
        web.wait(1)
        kill(process)
        with engine(tmp_path / "data") as mill:
            mill.deploy(app, {"HookUrl": web.url})
            calm(mill, 1, 5)
        # The engine may have been killed before it noted the failure: then it tried at once again.
        numbers = [body["MessageId"] for body in web.bodies()]
        assert set(numbers) == {number} and 2 <= len(numbers) <= 3
