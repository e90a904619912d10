"""Filter patterns of log events, after the examples of AWS's guide."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventmill.kernel.errors import Invalid
from eventmill.services.logs.filters import compile_filter

EVENT = {
    "eventType": "UpdateTrail",
    "sourceIPAddress": "111.111.111.111",
    "arrayKey": ["value", "another value"],
    "objectList": [{"name": "a", "id": 1}, {"name": "b", "id": 2}],
    "SomeObject": None,
    "cluster.name": "c",
    "flag": True,
    "bandwidth": 1.5,
    "user": {"id": 1, "email": "John.Doe@example.com"},
    "users": [{"id": 2, "email": "John.Doe@example.com"}],
    "actions": ["GET", "PUT", "DELETE"],
}
LINE = '127.0.0.1 Prod frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534'


@pytest.mark.parametrize(
    ("pattern", "message", "expected"),
    [
        ("", "anything", True),
        ("ERROR", "[ERROR 401] UNAUTHORIZED REQUEST", True),
        ("error", "[ERROR 401] UNAUTHORIZED REQUEST", False),
        ("ERROR ARGUMENTS", "[ERROR 419] MISSING ARGUMENTS", True),
        ("ERROR ARGUMENTS", "[ERROR 400] BAD REQUEST", False),
        ('"INTERNAL SERVER ERROR"', "[ERROR 500] INTERNAL SERVER ERROR", True),
        ('"SERVER INTERNAL"', "[ERROR 500] INTERNAL SERVER ERROR", False),
        ("?ERROR ?ARGUMENTS", "[ERROR 400] BAD", True),
        ("?ERROR ?ARGUMENTS", "fine", False),
        ("ERROR -ARGUMENTS", "[ERROR 419] MISSING ARGUMENTS", False),
        ("ERROR -ARGUMENTS", "[ERROR 400] BAD", True),
        ("%AUTHORIZED%", "[ERROR 401] UNAUTHORIZED REQUEST", True),
        ("%^AUTHORIZED%", "[ERROR 401] UNAUTHORIZED REQUEST", False),
        ("-%[0-9]{3}%", "no number", True),
    ],
)
def test_terms(pattern: str, message: str, expected: bool) -> None:
    assert compile_filter(pattern).matches(message) is expected


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ('{ $.eventType = "UpdateTrail" }', True),
        ("{ $.eventType = UpdateTrail }", True),
        ('{ $.eventType != "UpdateTrail" }', False),
        ("{ $.sourceIPAddress = 111.111.* }", True),
        ("{ $.sourceIPAddress != 123.123.* }", True),
        ('{ $.arrayKey[0] = "value" }', True),
        ('{ $.arrayKey[1] = "value" }', False),
        ('{ $.arrayKey[*] = "another value" }', True),
        ("{ $.objectList[1].id = 2 }", True),
        ('{ $.objectList[*].name = "b" }', True),
        ("{ $.eventType = %Trail% }", True),
        ("{ $.eventType = %^Trail% }", False),
        ("{ $.bandwidth > 1 }", True),
        ("{ $.bandwidth >= 1.5e0 }", True),
        ("{ $.bandwidth < 1.5 }", False),
        ("{ $.eventType > 1 }", False),
        ("{ $.SomeObject IS NULL }", True),
        ("{ $.eventType IS NULL }", False),
        ("{ $.missing IS NULL }", False),
        ("{ $.missing NOT EXISTS }", True),
        ("{ $.SomeObject NOT EXISTS }", False),
        ("{ $.flag IS TRUE }", True),
        ("{ $.flag IS FALSE }", False),
        ("{ $.flag = true }", True),
        ("{ $['cluster.name'] = c }", True),
        ('{ ($.user.id = 1) && ($.users[0].email = "John.Doe@example.com") }', True),
        ('{ ($.user.id = 2 && $.users[0].email = "x") || $.actions[2] = "DELETE" }', True),
        ('{ $.user.id = 2 && ($.users[0].email = "x" || $.actions[2] = "DELETE") }', False),
        ('{$.user.email="John.Doe@example.com"&&$.user.id=1}', True),
    ],
)
def test_documents(pattern: str, expected: bool) -> None:
    assert compile_filter(pattern).matches(json.dumps(EVENT)) is expected
    assert not compile_filter(pattern).matches("no JSON")


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("[ip, user, username, timestamp, request, status_code, bytes]", True),
        ("[ip, user, username, timestamp, request, status_code]", False),
        ("[ip, user, username, timestamp, request =*.html*, status_code = 4*, bytes]", True),
        ("[ip=%127\\.0\\.0\\.[1-9]%, user, username, timestamp, request, code, bytes]", True),
        ("[ip, ..., status_code = 404, bytes > 1000]", True),
        ("[ip, ..., status_code = 404, bytes > 2000]", False),
        ("[..., bytes > 1000 && bytes < 2000]", True),
        ("[ip, user = Prod || user = Test, ...]", True),
        ("[ip, user != %Prod% && user != Test, ...]", False),
        ('[ip, user, username = "frank", ...]', True),
        ("[...]", True),
    ],
)
def test_columns(pattern: str, expected: bool) -> None:
    assert compile_filter(pattern).matches(LINE) is expected


@pytest.mark.parametrize(
    "pattern",
    [
        "{ $.a }",
        "{ $.a = }",
        "{ a = 1 }",
        "{ $.a = 1",
        "{ $.a > x }",
        "{ ($.a = 1 }",
        "{ $.a = 1 && }",
        "[a, ..., b, ...]",
        "[a = ]",
        "[a",
        "%(a)%",
        '"open',
    ],
)
def test_what_is_no_pattern_is_refused(pattern: str) -> None:
    with pytest.raises(Invalid) as failed:
        compile_filter(pattern)
    assert failed.value.code == "InvalidParameterException"


@given(st.text(max_size=40), st.text(max_size=80))
def test_any_text_is_a_pattern_or_refused(pattern: str, message: str) -> None:
    try:
        compiled = compile_filter(pattern)
    except Invalid:
        return
    assert compiled.matches(message) in (True, False)


@given(st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1), st.text())
def test_a_quoted_value_of_a_document_is_that_text(value: str, other: str) -> None:
    compiled = compile_filter(f'{{ $.a = "{value}" }}')
    assert compiled.matches(json.dumps({"a": value}))
    assert compiled.matches(json.dumps({"a": other})) is (other == value) or value.isdigit()
