"""`eventmill mailbox`: what the application sent to people."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import click

from eventmill.cli.ask import DATA, ENDPOINT, address_of, get


@click.command()
@click.argument("number", required=False, type=int)
@click.option("--to", help="Only what went to this address or telephone number.")
@click.option("--limit", type=int, default=100, show_default=True, help="List so many at most.")
@click.option("--raw", is_flag=True, help="Print the message NUMBER as it was sent.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@ENDPOINT
@DATA
def mailbox(
    number: int | None,
    to: str | None,
    limit: int,
    raw: bool,
    as_json: bool,
    endpoint: str | None,
    data: Path,
) -> None:
    """List the mails and SMS that were sent, or show the one with NUMBER."""
    address = address_of(endpoint, data)
    if number is not None:
        found = get(address, f"mailbox?id={number}")
        click.echo(json.dumps(found, indent=2) if as_json else _shown(found, raw))
        return
    wanted = {"limit": limit} | ({"to": to} if to else {})
    messages = get(address, f"mailbox?{urlencode(wanted)}")["messages"]
    if as_json:
        click.echo(json.dumps(messages, indent=2))
        return
    if not messages:
        click.echo(f"nothing was sent{f' to {to}' if to else ''}", err=True)
    for message in messages:
        summary = message["subject"] or message.get("text") or ""
        click.echo(
            f"{message['id']:>5}  {message['time']}  {', '.join(message['to'])}  {summary[:80]}"
        )


def _shown(message: dict[str, Any], raw: bool) -> str:
    if raw and "raw" in message:
        return str(message["raw"])
    lines = [f"From: {message['from']}", f"To: {', '.join(message['to'])}"]
    lines += [f"Date: {message['time']}", f"Subject: {message['subject']}", ""]
    lines.append(message.get("text") or message.get("html") or "")
    attached = (
        f"[{file['name']}: {file['type']}, {file['size']} bytes]"
        for file in message.get("attachments", ())
    )
    return "\n".join([*lines, *attached])
