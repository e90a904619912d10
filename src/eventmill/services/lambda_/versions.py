"""Published versions: immutable copies of $LATEST under a number.

https://docs.aws.amazon.com/lambda/latest/dg/configuration-versions.html
"""

from __future__ import annotations

import json
from typing import Any

from eventmill.services.contract import Call
from eventmill.services.lambda_.faults import parameter
from eventmill.services.lambda_.functions import LATEST, save
from eventmill.services.lambda_.names import function_arn, not_found


def publish(
    call: Call, name: str, description: str | None = None, sha256: str | None = None
) -> dict[str, Any]:
    """A version of what $LATEST is now; the newest one when nothing changed since.

    Raises NotFound, and Invalid when `sha256` is given and not that of the code.
    """
    row = call.tx.one(
        "SELECT config, code, layers FROM lambda_functions WHERE name=? AND version=?",
        (name, LATEST),
    )
    if row is None:
        raise not_found(function_arn(call, name))
    config = json.loads(row[0])
    latest = config["RevisionId"]
    if sha256 is not None and sha256 != config["CodeSha256"]:
        raise parameter(
            f"CodeSHA256 ({sha256}) is different from current CodeSHA256 in $LATEST "
            f"({config['CodeSha256']}). Please try again with the CodeSHA256 in $LATEST."
        )
    same = call.tx.one(
        "SELECT config FROM lambda_functions WHERE name=? AND source=?"
        " ORDER BY CAST(version AS INTEGER) DESC LIMIT 1",
        (name, latest),
    )
    if same is not None:
        return dict(json.loads(same[0]))
    version = _next(call, name)
    arn = function_arn(call, name, version)
    config |= {"Version": version, "FunctionArn": arn, "RevisionId": call.ids.uuid()}
    if description is not None:
        config["Description"] = description
    save(call.tx, config, row[1], row[2], latest)
    return dict(config)


def _next(call: Call, name: str) -> str:
    row = call.tx.one(
        "INSERT INTO lambda_versions VALUES(?,1) ON CONFLICT(function)"
        " DO UPDATE SET newest=newest+1 RETURNING newest",
        (name,),
    )
    assert row is not None
    return str(row[0])
