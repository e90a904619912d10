"""Headers of messages that stay bytes."""

from __future__ import annotations

from email import message_from_bytes
from email.message import EmailMessage

import orjson
from hypothesis import given
from hypothesis import strategies as st

from eventmill.services.ses import mime

WORDS = st.text(st.characters(codec="ascii", categories=("L", "N")), min_size=1)


@given(st.lists(st.tuples(WORDS, WORDS), max_size=8), st.sampled_from(["\r\n", "\n"]), WORDS)
def test_a_header_taken_out_leaves_all_others(
    pairs: list[tuple[str, str]], end: str, body: str
) -> None:
    lines = [f"X-{name}: {value}{end} folded" for name, value in pairs]
    raw = end.join([*lines, f"Bcc: a@b.c,{end}\td@e.f", "", body]).encode()
    left = mime.without(raw, {"bcc"})
    assert b"d@e.f" not in left and message_from_bytes(left).get_payload() == body
    assert [one["name"] for one in mime.headers(left)] == [f"X-{name}" for name, _ in pairs]
    put = mime.prepend(left, [("Return-Path", "<x@y.z>")])
    assert mime.headers(put)[0] == {"name": "Return-Path", "value": "<x@y.z>"}
    assert put.endswith(left)


def test_common_headers_are_decoded_and_only_those_that_are_there() -> None:
    made = EmailMessage()
    made["From"] = "Jörg <j@example.com>"
    made["Subject"] = "größer"
    assert mime.common_headers(made.as_bytes(), "") == {
        "from": ["Jörg <j@example.com>"],
        "subject": "größer",
    }


HOSTILE = st.sampled_from([b"From", b"To", b"Sender", b"Date", b"Message-ID", b"Subject", b"X"])


@given(st.lists(st.tuples(HOSTILE, st.binary(max_size=60)), max_size=6))
def test_no_header_stops_a_mail(lines: list[tuple[bytes, bytes]]) -> None:
    raw = b"".join(name + b": " + value + b"\r\n" for name, value in lines) + b"\r\nbody"
    told = {"headers": mime.headers(raw), "commonHeaders": mime.common_headers(raw, "a@b.c")}
    orjson.dumps([told, mime.recipients(raw), mime.sender(raw), mime.subject(raw)])


def test_headers_beyond_ascii_are_utf_8() -> None:
    raw = "Subject: größer\r\n\r\n".encode()
    assert mime.headers(raw) == [{"name": "Subject", "value": "größer"}]
    assert mime.common_headers(raw, "")["subject"] == "größer"


def test_headers_are_cut_at_ten_kilobytes() -> None:
    many = [{"name": "X", "value": "v" * 1_000}] * 20
    kept, truncated = mime.limited(many)
    assert len(kept) == 10 and truncated
    assert mime.limited(many[:5]) == (many[:5], False)
