"""`eventmill check`: what would become of a template."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import click

from eventmill.config import DEFAULT_REGION
from eventmill.deploy import Finding
from eventmill.deploy import check as check_template
from eventmill.deploy.inner import inner_templates
from eventmill.invoke import interpreters
from eventmill.joins import RESOURCE_TYPES
from eventmill.template import Resolver, Template, read_template
from eventmill.template.parameters import known_values


@click.command()
@click.argument("template", type=click.Path(exists=True, path_type=Path))
@click.option("--recorded", is_flag=True, help="List properties without meaning here too.")
def check(template: Path, recorded: bool) -> None:
    """List what of TEMPLATE Eventmill does not offer, and what it only keeps the name of.

    Templates of inner stacks are looked at too. Exits with 1 when something is refused.
    """
    with tempfile.TemporaryDirectory() as cache:

        def read(path: Path, parameters: Mapping[str, str]) -> Template:
            return read_template(path, Path(cache), DEFAULT_REGION, parameters, whole=False)

        outer = read(template, {})
        templates = [outer, *inner_templates(outer, None, read)]
        findings = []
        for one in templates:
            # What an inner stack gets as parameters, only its deployment knows.
            values = known_values(one, {}) if one is outer else {}
            resolver = Resolver(one, values, {}, {})
            findings += check_template(one, RESOURCE_TYPES, resolver, interpreters)
    # Two stacks of one template have the same.
    findings = list(dict.fromkeys(findings))
    refused = [finding for finding in findings if finding.severity == "refused"]
    shown = ("refused", "notice", "recorded") if recorded else ("refused", "notice")
    for severity in shown:
        for finding in findings:
            if finding.severity == severity:
                click.echo(f"{severity:<9} {finding}")
    names = {(finding.file, finding.resource) for finding in refused}
    declared = [(str(read.file), name) for read in templates for name in read.resources]
    good = [place for place in declared if place not in names]
    whole = f"{len(good)} of {len(declared)} resources would be deployed"
    if refused:
        whole = f"nothing would be deployed: {len(good)} of {len(declared)} resources are offered"
    click.echo(
        f"{whole}, "
        f"{_count(findings, 'refused', 'refusal')}, {_count(findings, 'notice', 'notice')}, "
        f"{_count(findings, 'recorded', 'recorded property', 'recorded properties')}"
    )
    sys.exit(1 if refused else 0)


def _count(findings: list[Finding], severity: str, one: str, many: str = "") -> str:
    number = sum(finding.severity == severity for finding in findings)
    return f"{number} {one if number == 1 else many or one + 's'}"
