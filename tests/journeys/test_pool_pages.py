"""Signing in on the page of a pool's domain, and what its application gets."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

import jwt
import pytest

from eventmill.testing import TestEngine, engine
from tests.journeys.rest_client import Answer, ask

APP = Path(__file__).parents[1] / "apps" / "members"
ADA, PASSWORD = "ada@example.com", "correct horse 1"
BACK = "https://app.example/back"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture(scope="module")
def app() -> Iterator[TestEngine]:
    with engine() as running:
        running.deploy(APP)
        running.client("cognito-idp").admin_set_user_password(
            UserPoolId=running.outputs["Pool"], Username=ADA, Password=PASSWORD, Permanent=True
        )
        yield running


def at(app: TestEngine, path: str, **query: str) -> str:
    given = {"client_id": app.outputs["Page"]} | query
    return f"{app.endpoint}/_aws/auth/{app.outputs['Domain']}{path}?{urlencode(given)}"


def signed_in(app: TestEngine, name: str = ADA, password: str = PASSWORD, **query: str) -> Answer:
    asked = {"response_type": "code", "redirect_uri": BACK} | query
    form = urlencode({"username": name, "password": password})
    return ask(at(app, "/login", **asked), "POST", FORM, form)


def told(answer: Answer) -> dict[str, str]:
    """What the browser carries back to the application."""
    assert answer.status == 302, answer.body
    parts = urlsplit(answer["location"] or "")
    return dict(parse_qsl(parts.query or parts.fragment))


def exchange(app: TestEngine, **form: str) -> Answer:
    given = {"grant_type": "authorization_code", "client_id": app.outputs["Page"]}
    given |= {"redirect_uri": BACK} | form
    return ask(at(app, "/oauth2/token"), "POST", FORM, urlencode(given))


def opened(token: str) -> dict[str, Any]:
    return jwt.decode(token, options={"verify_signature": False})


def test_a_user_signs_in_on_the_page_that_an_output_names(app: TestEngine) -> None:
    shown = ask(app.outputs["SignIn"])
    assert shown.status == 200 and (shown["content-type"] or "").startswith("text/html")
    assert b'name="username"' in shown.body and b'name="password"' in shown.body
    authorize = at(app, "/oauth2/authorize", response_type="code", redirect_uri=BACK, state="s")
    sent_on = ask(authorize)
    address = urljoin(authorize, sent_on["location"])
    assert sent_on.status == 302 and address == at(
        app, "/login", response_type="code", redirect_uri=BACK, state="s"
    )
    assert ask(address).body == shown.body
    again = signed_in(app, password="<wrong>")
    assert again.status == 200 and b"Incorrect username or password." in again.body
    assert f'value="{ADA}"'.encode() in again.body
    back = told(signed_in(app, state="s 1", scope="openid email", nonce="n1"))
    assert back["state"] == "s 1"
    answer = exchange(app, code=back["code"])
    assert answer.status == 200
    identity, access = opened(answer.json["id_token"]), opened(answer.json["access_token"])
    assert (identity["email"], identity["nonce"]) == (ADA, "n1")
    assert access["scope"] == "openid email"
    info = ask(
        at(app, "/oauth2/userInfo"),
        headers={"Authorization": f"Bearer {answer.json['access_token']}"},
    )
    assert info.json["email"] == ADA and info.json["sub"] == identity["sub"]
    used = exchange(app, code=back["code"])
    assert (used.status, used.json) == (400, {"error": "invalid_grant"})
    # What is refreshed has the scopes that were asked for.
    refresh = answer.json["refresh_token"]
    form = {"grant_type": "refresh_token", "refresh_token": refresh}
    renewed = exchange(app, **form)
    assert opened(renewed.json["access_token"])["scope"] == "openid email"
    revoked = ask(
        at(app, "/oauth2/revoke"),
        "POST",
        FORM,
        urlencode({"token": refresh, "client_id": app.outputs["Page"]}),
    )
    assert revoked.status == 200
    assert exchange(app, **form).json == {"error": "invalid_grant"}


def test_a_code_is_for_who_asked_for_it(app: TestEngine) -> None:
    verifier = "a-verifier-of-at-least-forty-three-characters-000"
    digest = hashlib.sha256(verifier.encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    asked = {"code_challenge": challenge, "code_challenge_method": "S256"}
    for wrong in ({}, {"code_verifier": "another"}):
        code = told(signed_in(app, **asked))["code"]
        assert exchange(app, code=code, **wrong).json == {"error": "invalid_grant"}
    code = told(signed_in(app, **asked))["code"]
    assert exchange(app, code=code, code_verifier=verifier).status == 200
    code = told(signed_in(app))["code"]
    answer = exchange(app, code=code, redirect_uri="https://app.example/other?a=1")
    assert answer.json == {"error": "invalid_grant"}
    code = told(signed_in(app))["code"]
    app.advance(181)
    assert exchange(app, code=code).json == {"error": "invalid_grant"}


def test_tokens_in_the_place_of_a_code(app: TestEngine) -> None:
    answer = signed_in(app, response_type="token", scope="openid")
    assert (answer["location"] or "").startswith(f"{BACK}#")
    back = told(answer)
    assert opened(back["id_token"])["email"] == ADA and back["token_type"] == "Bearer"
    narrow = told(signed_in(app, response_type="token", scope="email"))
    assert "id_token" not in narrow
    other = signed_in(app, redirect_uri="https://app.example/other?a=1")
    assert (other["location"] or "").startswith("https://app.example/other?a=1&code=")


def test_a_temporary_password_is_replaced_on_the_page(app: TestEngine) -> None:
    name, pool = "bea@example.com", app.outputs["Pool"]
    app.client("cognito-idp").admin_create_user(
        UserPoolId=pool, Username=name, TemporaryPassword=PASSWORD, MessageAction="SUPPRESS"
    )
    asked = signed_in(app, name)
    assert asked.status == 200 and b'name="new_password"' in asked.body
    found = re.search(r'name="session" type="hidden" value="([^"]+)"', asked.body.decode())
    session = unescape(found[1])
    address = at(app, "/login", response_type="code", redirect_uri=BACK)
    form = {"username": name, "session": session}
    short = ask(address, "POST", FORM, urlencode(form | {"new_password": "short"}))
    assert b"Password not long enough" in short.body and session.encode() in short.body
    done = ask(address, "POST", FORM, urlencode(form | {"new_password": "battery staple 2"}))
    assert exchange(app, code=told(done)["code"]).status == 200


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ({"redirect_uri": "https://evil.example"}, "redirect_mismatch"),
        ({"response_type": "id_token"}, "unauthorized_client"),
        ({"scope": "openid phone"}, "invalid_scope"),
        ({"client_id": "nobody"}, "invalid_client"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
    ],
)
def test_what_no_page_is_shown_for(app: TestEngine, query: dict[str, str], error: str) -> None:
    asked = {"response_type": "code", "redirect_uri": BACK} | query
    for path in ("/login", "/oauth2/authorize"):
        answer = ask(at(app, path, **asked))
        assert (answer.status, answer.json) == (400, {"error": error})


def test_the_way_out(app: TestEngine) -> None:
    leave = ask(at(app, "/logout", logout_uri="https://app.example/bye"))
    assert (leave.status, leave["location"]) == (302, "https://app.example/bye")
    evil = ask(at(app, "/logout", logout_uri="https://evil.example"))
    assert evil.json == {"error": "redirect_mismatch"}
    again = ask(at(app, "/logout", redirect_uri=BACK, response_type="code"))
    assert again.status == 302 and (again["location"] or "").startswith("login?client_id=")
    strange = ask(at(app, "/oauth2/userInfo"), headers={"Authorization": "Bearer x"})
    assert (strange.status, json.loads(strange.body)["error"]) == (401, "invalid_token")
    host = [("Host", f"{app.outputs['Domain']}.auth.us-east-1.amazoncognito.com")]
    query = urlencode({"client_id": app.outputs["Page"], "redirect_uri": BACK})
    assert ask(f"{app.endpoint}/login?{query}", headers=host).status == 200
