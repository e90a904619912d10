"""Layers of other accounts, which templates name by their ARNs.

Those of Powertools for Python and TypeScript are made from its packages, and the Lambda Web
Adapter's is the engine's own; of others only the name is kept, and what functions want of them is
missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from eventmill.kernel.arns import parse_arn
from eventmill.kernel.ports import Builder
from eventmill.services import lambda_
from eventmill.services.contract import Call
from eventmill.store.database import Database
from eventmill.store.transaction import Transaction

_PYTHON = "AWSLambdaPowertoolsPython"
_ANSWERED = "AWS-Parameters-and-Secrets-Lambda-Extension"
"""The layer whose extension the engine is itself."""
_WEB_ADAPTER = "LambdaAdapterLayer"
_TYPESCRIPT = "AWSLambdaPowertoolsTypeScriptV2"
_TOOLS = (
    *("batch", "commons", "event-handler", "idempotency", "jmespath", "kafka", "logger"),
    *("metrics", "parameters", "parser", "tracer", "validation"),
)
_CLIENTS = ("client-dynamodb", "client-secrets-manager", "client-ssm", "lib-dynamodb")
"""Of the AWS SDK, which Lambda brings along and the tools look for."""
_MODULES = (
    *(f"@aws-lambda-powertools/{name}@^2" for name in _TOOLS),
    *(f"@aws-sdk/{name}@^3" for name in _CLIENTS),
)
"""The packages of the layer of Powertools for TypeScript."""


def requirement(name: str) -> str:
    """What pip installs for the layer of Powertools for Python of that name, which tells the major
    version behind a V, as in `…PythonV3-python312-x86_64`; the first one's tells none."""
    version = name.removeprefix(_PYTHON).partition("-")[0].removeprefix("V")
    major = int(version) if version.isdecimal() else 1
    return f"aws-lambda-powertools[all]>={major},<{major + 1}"


def foreign(properties: Mapping[str, Any], account: str) -> Iterator[str]:
    """The ARNs of a function's layers that lie in another account."""
    for arn in properties.get("Layers") or ():
        if isinstance(arn, str) and arn.startswith("arn:") and parse_arn(arn).account != account:
            yield arn


async def provide(
    properties: Mapping[str, Any],
    account: str,
    builder: Builder,
    database: Database,
    call: Callable[[Transaction], Call],
    progress: Callable[[str], None],
) -> None:
    """Make what can be made of a function's foreign layers. Raises UsageError."""
    for arn in foreign(properties, account):
        name = arn.split(":")[6]
        folder: Path | None
        if name.startswith(_ANSWERED):
            continue
        if name.startswith(_PYTHON):
            wanted, runtime = requirement(name), str(properties.get("Runtime") or "")
            folder = await builder.packages([wanted], runtime, arn)
        elif name.startswith(_TYPESCRIPT):
            folder = await builder.modules(_MODULES, arn)
        elif name.startswith(_WEB_ADAPTER):
            folder = await builder.web_adapter(arn)
        else:
            progress(f"{arn} lies in another account: functions run without it")
            continue
        if folder is None:
            continue
        await database.write(
            lambda tx, arn=arn, folder=folder: lambda_.adopt_layer(  # type: ignore[misc]
                call(tx), arn, folder
            )
        )
