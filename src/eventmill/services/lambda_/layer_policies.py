"""Who else may use a layer version: recorded, since all callers are of one account.

https://docs.aws.amazon.com/lambda/latest/api/API_AddLayerVersionPermission.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from eventmill.services.contract import Call, Result
from eventmill.services.lambda_ import layers
from eventmill.services.lambda_.faults import missing, no_statement, statement_taken
from eventmill.services.lambda_.operations import OPERATIONS


def add(call: Call, name: str, version: int, sid: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """One statement. Raises NotFound, Conflict for a StatementId that is taken."""
    arn = layers.get(call, layers.parse(name)[0], version)["LayerVersionArn"]
    if call.tx.one("SELECT 1 FROM lambda_layer_policies WHERE layer=? AND sid=?", (arn, sid)):
        raise statement_taken(sid)
    principal = given["Principal"]
    statement: dict[str, Any] = {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": principal
        if principal == "*"
        else {"AWS": f"arn:aws:iam::{principal}:root" if principal.isdigit() else principal},
        "Action": given["Action"],
        "Resource": arn,
    }
    if given.get("OrganizationId"):
        statement["Condition"] = {"StringEquals": {"aws:PrincipalOrgID": given["OrganizationId"]}}
    call.tx.execute(
        "INSERT INTO lambda_layer_policies VALUES(?,?,?,?)",
        (arn, sid, json.dumps(statement), call.ids.uuid()),
    )
    return statement


def remove(call: Call, arn: str, sid: str) -> bool:
    """False when there is no such statement."""
    gone = call.tx.execute("DELETE FROM lambda_layer_policies WHERE layer=? AND sid=?", (arn, sid))
    return gone.rowcount > 0


def _arn(call: Call, request: Mapping[str, Any]) -> str:
    name = layers.parse(request["LayerName"])[0]
    return str(layers.get(call, name, request["VersionNumber"])["LayerVersionArn"])


@OPERATIONS.write("AddLayerVersionPermission")
def add_layer_version_permission(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound, Conflict."""
    version, sid = request["VersionNumber"], request["StatementId"]
    statement = add(call, request["LayerName"], version, sid, request)
    return {"Statement": json.dumps(statement)}


@OPERATIONS.read("GetLayerVersionPolicy")
def get_layer_version_policy(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound when there is none."""
    rows = call.tx.all(
        "SELECT statement, revision FROM lambda_layer_policies WHERE layer=? ORDER BY sid",
        (_arn(call, request),),
    )
    if not rows:
        raise missing("No policy is associated with the given resource.")
    statements = [json.loads(row[0]) for row in rows]
    policy = {"Version": "2012-10-17", "Id": "default", "Statement": statements}
    return {"Policy": json.dumps(policy), "RevisionId": rows[-1][1]}


@OPERATIONS.write("RemoveLayerVersionPermission")
def remove_layer_version_permission(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound for a statement that is not there."""
    if not remove(call, _arn(call, request), request["StatementId"]):
        raise no_statement(request["StatementId"])
    return {}
