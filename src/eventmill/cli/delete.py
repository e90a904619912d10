"""`eventmill delete`: delete a stack, as `sam delete` does."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlencode

import click

from eventmill.cli.ask import ENDPOINT, client_of, get
from eventmill.cli.options import base_folder
from eventmill.cli.session import run_until_done, running
from eventmill.config import Settings
from eventmill.datadir import DEFAULT, DataDirectory
from eventmill.deploy import stacks_of
from eventmill.kernel.errors import UsageError


@click.command()
@click.argument("template", required=False, type=click.Path(path_type=Path))
@click.option("--stack", help="The stack's name, where its template is gone.")
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    help="Data directory that holds the stack [default: .eventmill beside the template].",
)
@ENDPOINT
@click.option("--yes", "--no-prompts", is_flag=True, help="Do not ask.")
def delete(
    template: Path | None, stack: str | None, data: Path | None, endpoint: str | None, yes: bool
) -> None:
    """Delete the stack of TEMPLATE with all that it holds.

    Resources that a DeletionPolicy retains stay. The engine may run or not.
    """
    if (template is None) == (stack is None):
        raise UsageError("name what to delete: a TEMPLATE, or --stack NAME")
    data = data or base_folder(template) / DEFAULT
    address = endpoint or DataDirectory(data).read().get("endpoint")
    if address is not None:
        _by_engine(str(address), template, stack, yes=yes)
    elif (data / "eventmill.db").exists():
        sys.exit(run_until_done(_alone(data, template, stack, yes=yes)))
    else:
        raise UsageError(f"{data} is no data directory of Eventmill; nothing was deleted")


def _by_engine(endpoint: str, template: Path | None, stack: str | None, *, yes: bool) -> None:
    """Have a running engine do it."""
    if template is not None:
        query = urlencode({"template": str(template.resolve())})
        stack = str(get(endpoint, f"stack?{query}")["stack"])
    name = stack or ""
    _confirm(name, get(endpoint, "status")["outputs"], yes=yes)
    from botocore.exceptions import ClientError

    try:
        client_of("cloudformation", endpoint).delete_stack(StackName=name)
    except ClientError as error:
        raise UsageError(error.response["Error"]["Message"]) from error
    click.echo(f"deleted the stack {name}")


async def _alone(data: Path, template: Path | None, stack: str | None, *, yes: bool) -> int:
    """Start an engine for the time that it takes."""

    def progress(text: str) -> None:
        click.echo(f"  {text}", err=True)

    settings = Settings(data=data.resolve(), port=0)
    async with running(settings, ephemeral=False, progress=progress) as engine:
        name = stack or engine.stacks.named(template or Path())
        _confirm(name, engine.database.read(stacks_of), yes=yes)
        await engine.delete(name)
    click.echo(f"deleted the stack {name}")
    return 0


def _confirm(name: str, there: Iterable[str], *, yes: bool) -> None:
    """Raises UsageError for a stack that is not there, Abort where the answer is no."""
    names = sorted(there)
    if name not in names:
        others = f"; there are: {', '.join(names)}" if names else ""
        raise UsageError(f"there is no stack {name}{others}")
    if not yes:
        click.confirm(f"Delete the stack {name} with all that it holds?", abort=True)
