"""Runtime management, recorded: runtimes are those of the machine.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-update.html
"""

from __future__ import annotations

from typing import Any

from eventmill.services.contract import Call, Result
from eventmill.services.lambda_ import functions, recorded
from eventmill.services.lambda_.faults import parameter
from eventmill.services.lambda_.names import function_arn
from eventmill.services.lambda_.operations import OPERATIONS, named


@OPERATIONS.write("PutRuntimeManagementConfig")
def put_runtime_management_config(call: Call, request: dict[str, Any]) -> Result:
    """Raises NotFound, and Invalid for Manual without a version."""
    who = named(request)
    functions.existing(call, who)
    mode, version = request["UpdateRuntimeOn"], request.get("RuntimeVersionArn")
    if (mode == "Manual") != (version is not None):
        raise parameter("RuntimeVersionArn is given with UpdateRuntimeOn Manual, and only then.")
    config = {"UpdateRuntimeOn": mode, "RuntimeVersionArn": version}
    recorded.put(call.tx, who.name, recorded.runtime(who.qualifier), config)
    return config | {"FunctionArn": function_arn(call, *who)}


@OPERATIONS.read("GetRuntimeManagementConfig")
def get_runtime_management_config(call: Call, request: dict[str, Any]) -> Result:
    """`Auto` unless set. Raises NotFound."""
    who = named(request)
    functions.existing(call, who)
    held = recorded.get(call.tx, who.name, recorded.runtime(who.qualifier))
    config = held or {"UpdateRuntimeOn": "Auto"}
    return config | {"FunctionArn": function_arn(call, *who)}
