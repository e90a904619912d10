"""`eventmill reset`: delete an engine's data."""

from __future__ import annotations

import shutil
from pathlib import Path

import click

from eventmill.datadir import DEFAULT, DataDirectory
from eventmill.kernel.errors import UsageError


@click.command()
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    default=Path(DEFAULT),
    show_default=True,
    help="Data directory to delete.",
)
@click.option("--yes", is_flag=True, help="Do not ask.")
def reset(data: Path, yes: bool) -> None:
    """Delete everything in the data directory: queues, tables, objects, logs."""
    if not data.is_dir():
        raise UsageError(f"{data} does not exist; nothing was deleted")
    if not (data / "eventmill.db").exists():
        raise UsageError(f"{data} is no data directory of Eventmill; nothing was deleted")
    directory = DataDirectory(data)
    directory.claim()
    try:
        if not yes:
            click.confirm(f"Delete everything in {data}?", abort=True)
        shutil.rmtree(data)
    finally:
        directory.release()
    click.echo(f"deleted {data}")
