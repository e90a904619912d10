"""`eventmill up`: deploy a template and run until told to stop."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from eventmill import config
from eventmill.cli.options import base_folder, engine_options, parameters_of, settings_of
from eventmill.cli.session import run_until_done, running, until_signal
from eventmill.config import Settings


@click.command()
@click.argument("template", required=False, type=click.Path(exists=True, path_type=Path))
@engine_options
@click.option("--json", "as_json", is_flag=True, help="Print what was started as one JSON line.")
def up(template: Path | None, as_json: bool, **given: Any) -> None:
    """Deploy TEMPLATE (a file, or a folder with template.yaml) and serve until Ctrl-C.

    Without a template the bare services are served.
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
        said = {"endpoint": engine.endpoint, "outputs": outputs, "smtp": engine.smtp.address}
        if as_json:
            click.echo(json.dumps(said))
        else:
            _print(said, settings, ephemeral=given["ephemeral"])
        sys.stdout.flush()
        await until_signal()
        click.echo("stopping", err=True)
    return 0


def _print(said: dict[str, Any], settings: Settings, *, ephemeral: bool) -> None:
    endpoint = said["endpoint"]
    click.echo(f"Eventmill serves at {endpoint}")
    click.echo(f"  export AWS_ENDPOINT_URL={endpoint}")
    click.echo(f"  export AWS_ACCESS_KEY_ID={config.ACCESS_KEY}")
    click.echo(f"  export AWS_SECRET_ACCESS_KEY={config.SECRET_KEY}")
    click.echo(f"  export AWS_DEFAULT_REGION={settings.region}")
    if ephemeral:
        click.echo("Nothing is kept: all data goes when this engine ends.")
    elif settings.durability == "process":
        click.echo("Acknowledged changes survive kill -9, but not a power cut.")
    if said["smtp"]:
        click.echo(f"Mail is taken at {said['smtp']} (SMTP)")
    for name, value in said["outputs"].items():
        click.echo(f"  {name}: {value}")
