"""`eventmill check`: what would become of a template."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import click

from eventmill.config import DEFAULT_REGION
from eventmill.deploy import check as check_template
from eventmill.joins import RESOURCE_TYPES
from eventmill.template import read_template


@click.command()
@click.argument("template", type=click.Path(exists=True, path_type=Path))
@click.option("--recorded", is_flag=True, help="List properties without meaning here too.")
def check(template: Path, recorded: bool) -> None:
    """List what TEMPLATE declares and what of it Eventmill does not offer, with file and line.

    Exits with 1 when something is refused.
    """
    with tempfile.TemporaryDirectory() as cache:
        read = read_template(template, Path(cache), DEFAULT_REGION, None)
    findings = check_template(read, RESOURCE_TYPES)
    refused = [finding for finding in findings if finding.severity == "refused"]
    for finding in refused:
        click.echo(f"refused   {finding}")
    if recorded:
        for finding in findings:
            if finding.severity == "recorded":
                click.echo(f"recorded  {finding}")
    names = {finding.resource for finding in refused}
    good = [name for name in read.resources if name not in names]
    refusals = f"{len(refused)} refusal{'' if len(refused) == 1 else 's'}"
    click.echo(
        f"{len(good)} of {len(read.resources)} resources would be deployed, {refusals}, "
        f"{len(findings) - len(refused)} recorded only"
    )
    sys.exit(1 if refused else 0)
