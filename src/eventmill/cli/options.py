"""Options that several commands share, and what they mean."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from eventmill.config import DEFAULT_ACCOUNT, DEFAULT_PORT, DEFAULT_REGION, Settings
from eventmill.datadir import DEFAULT
from eventmill.kernel.errors import UsageError

_EXPORT = re.compile(r"export\s+")
_OPTIONS = (
    click.option(
        "--port",
        type=int,
        default=DEFAULT_PORT,
        show_default=True,
        help="Port to listen on; 0 takes a free one.",
    ),
    click.option(
        "--smtp-port",
        type=int,
        help="Port to take mail on; 0 takes a free one [default: a free one, once a receipt rule "
        "set is active].",
    ),
    click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on."),
    click.option("--public-url", help="Address handed out to clients when behind a proxy."),
    click.option(
        "--data",
        type=click.Path(path_type=Path),
        help="Data directory [default: .eventmill beside the template].",
    ),
    click.option("--ephemeral", is_flag=True, help="Keep nothing after the stop."),
    click.option(
        "--durability",
        type=click.Choice(["power", "process"]),
        default="power",
        show_default=True,
        help="What an acknowledged change survives.",
    ),
    click.option("--region", default=DEFAULT_REGION, show_default=True, help="AWS region."),
    click.option("--account", default=DEFAULT_ACCOUNT, show_default=True, help="AWS account."),
    click.option("--auth", is_flag=True, help="Check the signatures of API calls."),
    click.option(
        "--parameter",
        "parameters",
        multiple=True,
        metavar="K=V",
        help="A template parameter; may be repeated.",
    ),
    click.option(
        "--env-file",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="A file of K=V lines with template parameters; `export K=V` is one too.",
    ),
)


def engine_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of commands that start an engine."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def base_folder(template: Path | None) -> Path:
    """Where the template lies, or the current folder without one."""
    if template is None:
        return Path.cwd()
    return template if template.is_dir() else template.parent


def settings_of(given: dict[str, Any], folder: Path) -> Settings:
    """Settings from the command's options; `folder` is where data goes by default."""
    return Settings(
        # Whole, because functions that find their code below it run in folders of their own.
        data=(given["data"] or folder / DEFAULT).resolve(),
        host=given["host"],
        port=given["port"],
        public_url=given["public_url"],
        smtp_port=given["smtp_port"],
        region=given["region"],
        account=given["account"],
        durability="process" if given["ephemeral"] else given["durability"],
        auth=given["auth"],
    )


def parameters_of(given: dict[str, Any]) -> tuple[dict[str, str], dict[str, str]]:
    """(template parameters, the places of those that the file gives).

    Those on the command line win over the file's. Raises UsageError.
    """
    values: dict[str, str] = {}
    places: dict[str, str] = {}
    file = given["env_file"]
    for number, line in enumerate(_lines(file) if file else (), 1):
        if line.strip() and not line.lstrip().startswith("#"):
            place = f"{file}:{number}:"
            # As a shell would read the file.
            name, value = _pair(_EXPORT.sub("", line.strip()), place)
            values[name], places[name] = value, place
    for text in given["parameters"]:
        name, value = _pair(text, "--parameter")
        values[name] = value
        places.pop(name, None)
    return values, places


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text().splitlines()
    except ValueError as error:
        raise UsageError(f"--env-file {file} is no text of UTF-8") from error


def _pair(text: str, where: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise UsageError(f"{where} {text!r} is not of the form NAME=VALUE")
    value = value.strip()
    quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
    return name.strip(), value[1:-1] if quoted else value
