"""kill -9 while users sign up: who was told of a code is there, and its code comes."""

from __future__ import annotations

import re
from pathlib import Path

from eventmill.testing import engine
from tests.crash.process import client_of, kill, start

APP = Path(__file__).parents[1] / "apps" / "members"
USERS = 10
PASSWORD = "correct horse 1"


def test_acknowledged_users_confirm_and_sign_in(tmp_path: Path) -> None:
    process, said = start(tmp_path / "data", tmp_path / "log", APP)
    idp, web = client_of(said["endpoint"], "cognito-idp"), said["outputs"]["Web"]
    names = [f"user{number}@example.com" for number in range(USERS)]
    for name in names:
        given = [{"Name": "email", "Value": name}]
        idp.sign_up(ClientId=web, Username=name, Password=PASSWORD, UserAttributes=given)
    kill(process)
    with engine(tmp_path / "data") as mill:
        mill.deploy(APP)
        mill.settle()
        idp = mill.client("cognito-idp")
        for name in names:
            (mail,) = mill.mailbox(name)
            code = re.search("[0-9]{6}", mail["subject"])[0]
            idp.confirm_sign_up(ClientId=web, Username=name, ConfirmationCode=code)
            assert idp.initiate_auth(
                ClientId=web,
                AuthFlow="USER_PASSWORD_AUTH",
                AuthParameters={"USERNAME": name, "PASSWORD": PASSWORD},
            )["AuthenticationResult"]
