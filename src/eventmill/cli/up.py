"""`eventmill up`: deploy a template and run until told to stop."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import click

from eventmill import config
from eventmill.cli.options import base_folder, engine_options, parameters_of, settings_of
from eventmill.cli.session import run_until_done, running, until_signal
from eventmill.config import Settings
from eventmill.deploy import stacks_of
from eventmill.kernel.errors import UsageError
from eventmill.template import find_template


@click.command()
@click.argument("template", required=False, type=click.Path(exists=True, path_type=Path))
@engine_options
@click.option("--json", "as_json", is_flag=True, help="Print what was started as one JSON line.")
def up(template: Path | None, as_json: bool, **given: Any) -> None:
    """Deploy TEMPLATE (a file, or a folder with template.yaml) and serve until Ctrl-C.

    Each template file is a stack of the data directory, and all its stacks are served: the usual
    template of a folder (template.yaml, or what samconfig names) under the folder's name, another
    file under the folder's name and its own, `folder-file`. Without a template the services are
    served with the stacks that are there.
    """
    sys.exit(run_until_done(_up(template, as_json, given)))


async def _up(template: Path | None, as_json: bool, given: dict[str, Any]) -> int:
    settings = settings_of(given, base_folder(template))
    parameters, places = parameters_of(given)

    def progress(text: str) -> None:
        click.echo(f"  {text}", err=True)

    async with running(settings, ephemeral=given["ephemeral"], progress=progress) as engine:
        outputs: dict[str, Any] = {}
        if template is not None:
            outputs = (await engine.deploy(template, parameters, places=places)).outputs
        else:
            _unnamed(progress)
        said = {
            "endpoint": engine.endpoint,
            "stacks": engine.database.read(stacks_of),
            "outputs": outputs,
            "smtp": engine.smtp.address,
        }
        if as_json:
            click.echo(json.dumps(said))
        else:
            _print(said, settings, ephemeral=given["ephemeral"])
        sys.stdout.flush()
        await until_signal()
        click.echo("stopping", err=True)
    return 0


def _unnamed(progress: Callable[[str], None]) -> None:
    """Say that a template lies here which was not asked for."""
    with suppress(UsageError):
        found = find_template(Path.cwd())
        progress(f"{found.name} is not deployed, since none was named: `eventmill up .` deploys it")


def _print(said: dict[str, Any], settings: Settings, *, ephemeral: bool) -> None:
    endpoint = said["endpoint"]
    click.echo(f"Eventmill serves at {endpoint}")
    click.echo(f"  export AWS_ENDPOINT_URL={endpoint}")
    click.echo(f"  export AWS_ACCESS_KEY_ID={config.ACCESS_KEY}")
    click.echo(f"  export AWS_SECRET_ACCESS_KEY={config.SECRET_KEY}")
    click.echo(f"  export AWS_DEFAULT_REGION={settings.region}")
    if said["stacks"]:
        click.echo(f"Stacks served: {', '.join(said['stacks'])}")
    if ephemeral:
        click.echo("Nothing is kept: all data goes when this engine ends.")
    elif settings.durability == "process":
        click.echo("Acknowledged changes survive kill -9, but not a power cut.")
    if said["smtp"]:
        click.echo(f"Mail is taken at {said['smtp']} (SMTP)")
    for name, value in said["outputs"].items():
        click.echo(f"  {name}: {value}")
