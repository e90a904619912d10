"""`eventmill run`: an engine for the time of one command, such as a test suite in CI."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

import click

from eventmill import config
from eventmill.assembly import Engine
from eventmill.cli.options import base_folder, engine_options, parameters_of, settings_of
from eventmill.cli.session import run_until_done, running
from eventmill.kernel.errors import UsageError


class _BeforeCommand(click.Command):
    """Keeps what follows `--` for itself: click would take its first word for TEMPLATE."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        mine = args
        ctx.obj = ()
        if "--" in args:
            place = args.index("--")
            mine, ctx.obj = args[:place], tuple(args[place + 1 :])
        return super().parse_args(ctx, mine)


@click.command(
    cls=_BeforeCommand, options_metavar="[OPTIONS]", epilog="COMMAND follows after `--`."
)
@click.argument("template", required=False, type=click.Path(exists=True, path_type=Path))
@engine_options
@click.pass_obj
def run(command: tuple[str, ...], /, template: Path | None, **given: Any) -> None:
    """Start, run COMMAND (after `--`) with AWS's variables set, stop, and exit as it did.

    Each output of the stack is in EVENTMILL_OUTPUT_<Name>.
    """
    if not command:
        raise UsageError("no command was given: eventmill run [TEMPLATE] -- COMMAND")
    sys.exit(run_until_done(_run(template, command, given)))


async def _run(template: Path | None, command: tuple[str, ...], given: dict[str, Any]) -> int:
    settings = settings_of(given, base_folder(template))
    parameters, places = parameters_of(given)

    def progress(text: str) -> None:
        click.echo(f"  {text}", err=True)

    async with running(settings, ephemeral=given["ephemeral"], progress=progress) as engine:
        outputs: dict[str, Any] = {}
        if template is not None:
            outputs = (await engine.deploy(template, parameters, places=places)).outputs
        return await _child(engine, command, outputs)


async def _child(engine: Engine, command: tuple[str, ...], outputs: dict[str, Any]) -> int:
    variables = config.environment(engine.endpoint, engine.settings.region)
    variables |= {f"EVENTMILL_OUTPUT_{name}": str(value) for name, value in outputs.items()}
    try:
        process = await asyncio.create_subprocess_exec(*command, env={**os.environ, **variables})
    except OSError as error:
        raise UsageError(f"{command[0]} cannot be run: {error.strerror}") from error
    status = await process.wait()
    return status if status >= 0 else 128 - status
