"""`eventmill`: the commands and what they share."""

from __future__ import annotations

import sys

import click

from eventmill.cli.ask import invoke, logs, status
from eventmill.cli.check import check
from eventmill.cli.coverage import coverage
from eventmill.cli.delete import delete
from eventmill.cli.mailbox import mailbox
from eventmill.cli.reset import reset
from eventmill.cli.run import run
from eventmill.cli.up import up
from eventmill.kernel.errors import EventmillError


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="eventmill")
def cli() -> None:
    """Runs a SAM application on this machine: AWS's API on one port, state on disk."""


for command in (up, run, invoke, logs, mailbox, status, check, coverage, delete, reset):
    cli.add_command(command)


def main() -> None:
    """The entry point: errors of use are one message, not a traceback."""
    try:
        cli()
    except EventmillError as error:
        click.echo(f"eventmill: {error}", err=True)
        sys.exit(1)
