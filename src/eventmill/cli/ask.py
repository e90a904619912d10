"""Commands that ask a running engine: invoke, logs, status."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from eventmill import config
from eventmill.datadir import DEFAULT, DataDirectory, running_below
from eventmill.kernel.errors import UsageError

ENDPOINT = click.option("--endpoint", envvar="AWS_ENDPOINT_URL", help="The engine's address.")
DATA = click.option(
    "--data",
    type=click.Path(path_type=Path),
    default=Path(DEFAULT),
    show_default=True,
    help="Data directory of the engine to ask.",
)
_POLL_SECONDS = 0.5
_GROUPS = "/aws/lambda/"


def address_of(endpoint: str | None, data: Path) -> str:
    """Where the engine answers. Raises UsageError, which names engines of the folders below."""
    found = endpoint or DataDirectory(data).read().get("endpoint")
    if found is None:
        others = running_below(Path())
        if others:
            options = " or ".join(f"--data {other}" for other in others)
            raise UsageError(f"no engine runs in {data}, but further below one does: add {options}")
        raise UsageError(
            f"no engine runs in {data}: start one with `eventmill up`, or name its address with "
            "--endpoint or its data directory with --data"
        )
    return str(found)


def client_of(service: str, endpoint: str) -> Any:
    import boto3

    return boto3.client(
        service,
        endpoint_url=endpoint,
        region_name=config.DEFAULT_REGION,
        aws_access_key_id=config.ACCESS_KEY,
        aws_secret_access_key=config.SECRET_KEY,
    )


def get(endpoint: str, name: str) -> Any:
    from urllib.error import HTTPError, URLError
    from urllib.request import urlopen

    try:
        with urlopen(f"{endpoint}/_eventmill/{name}", timeout=30) as answer:
            return json.load(answer)
    except HTTPError as error:
        raise UsageError(_reason(error.read()) or f"{endpoint} is no engine") from error
    except URLError as error:
        raise UsageError(f"no engine answers at {endpoint} ({error.reason})") from error


def _reason(body: bytes) -> str:
    """Why an engine refused; empty when another server did."""
    try:
        return str(json.loads(body)["error"])
    except (ValueError, TypeError, KeyError):
        return ""


def _physical(endpoint: str, name: str) -> str:
    """The function's name, for a logical id of any stack."""
    for resources in get(endpoint, "status")["resources"].values():
        if name in resources:
            return str(resources[name])
    return name


@click.command()
@click.argument("function")
@click.option("--event", default="{}", help="A file with the event, - for standard input, or JSON.")
@ENDPOINT
@DATA
def invoke(function: str, event: str, endpoint: str | None, data: Path) -> None:
    """Invoke FUNCTION (its name or logical id) and print what it returns."""
    address = address_of(endpoint, data)
    text = sys.stdin.read() if event == "-" else event
    if event != "-" and not event.lstrip().startswith(("{", "[", '"')):
        try:
            text = Path(event).read_text()
        except OSError as error:
            raise UsageError(f"--event {event}: {error.strerror}") from error
    from botocore.exceptions import ClientError

    try:
        answer = client_of("lambda", address).invoke(
            FunctionName=_physical(address, function), Payload=text.encode()
        )
    except ClientError as error:
        raise UsageError(f"invoke {function}: {error.response['Error']['Message']}") from error
    click.echo(answer["Payload"].read().decode())
    if "FunctionError" in answer:
        sys.exit(1)


@click.command()
@click.argument("function", required=False)
@click.option("-f", "--follow", is_flag=True, help="Go on as lines come.")
@ENDPOINT
@DATA
def logs(function: str | None, follow: bool, endpoint: str | None, data: Path) -> None:
    """Print the log of FUNCTION, or of all functions in the order of time."""
    address = address_of(endpoint, data)
    client = client_of("logs", address)
    prefix = _GROUPS + (_physical(address, function) if function else "")
    if function and not client.describe_log_groups(logGroupNamePrefix=prefix)["logGroups"]:
        _require(address, function, prefix.removeprefix(_GROUPS))
    seen: dict[str, str] = {}
    while True:
        groups = client.describe_log_groups(logGroupNamePrefix=prefix)["logGroups"]
        events = [
            (event["timestamp"], group["logGroupName"], event["message"])
            for group in groups
            for event in _fresh(client, group["logGroupName"], seen)
        ]
        # Lines of one millisecond stay in the order of their function.
        for timestamp, name, message in sorted(events, key=lambda event: event[0]):
            stamp = time.strftime("%H:%M:%S", time.localtime(timestamp / 1000))
            click.echo(f"{stamp} {name.removeprefix(_GROUPS)} {message.rstrip()}")
        if not follow:
            return
        time.sleep(_POLL_SECONDS)


def _require(endpoint: str, function: str, name: str) -> None:
    """Raise UsageError where there is no such function: it is not one that has not run yet."""
    from botocore.exceptions import ClientError

    try:
        client_of("lambda", endpoint).get_function(FunctionName=name)
    except ClientError as error:
        raise UsageError(f"logs {function}: {error.response['Error']['Message']}") from error


def _fresh(client: Any, name: str, seen: dict[str, str]) -> Iterator[dict[str, Any]]:
    """The events of a log group behind the place that `seen` has of it, and moves it."""
    token = seen.get(name)
    while True:
        page = client.filter_log_events(
            logGroupName=name, **({"nextToken": token} if token else {})
        )
        yield from page["events"]
        if page["events"]:
            # The engine's token is the place behind an event, which its id tells too.
            token = seen[name] = str(int(page["events"][-1]["eventId"]))
        if "nextToken" not in page:
            return


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@ENDPOINT
@DATA
def status(as_json: bool, endpoint: str | None, data: Path) -> None:
    """What the engine runs: functions, queues with their depth, addresses, outputs."""
    found = get(address_of(endpoint, data), "status")
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return
    click.echo(f"endpoint   {found['endpoint']}")
    if found["smtp"]:
        click.echo(f"smtp       {found['smtp']}")
    click.echo(f"running    {found['running']} invocations")
    logical = {
        physical: name
        for resources in found["resources"].values()
        for name, physical in resources.items()
    }
    for name in found["functions"]:
        declared = logical.get(name, name)
        click.echo(f"function   {name}" + (f" ({declared})" if declared != name else ""))
    for name, depth in found["queues"].items():
        click.echo(
            f"queue      {name}: {depth['visible']} visible, {depth['inFlight']} in flight, "
            f"{depth['delayed']} delayed"
        )
    for name in found["tables"]:
        click.echo(f"table      {name}")
    for name in found["buckets"]:
        click.echo(f"bucket     {name}")
    for api in found["apis"]:
        click.echo(f"api        {api['name']}: {api['address']}")
    for stack, outputs in found["outputs"].items():
        for name, value in outputs.items():
            click.echo(f"output     {stack} {name}: {value}")
