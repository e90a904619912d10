"""Whether a function may feed itself, or is stopped when it does.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
"""

from __future__ import annotations

from typing import Any

from eventmill.services.contract import Call, Result
from eventmill.services.lambda_ import functions
from eventmill.services.lambda_.faults import one_of
from eventmill.services.lambda_.names import Named
from eventmill.services.lambda_.operations import OPERATIONS, named

CHOICES = ("Allow", "Terminate")


def configure(call: Call, name: str, choice: str) -> None:
    """Set RecursiveLoop. Raises NotFound, Invalid."""
    functions.existing(call, Named(name, ""))
    one_of("recursiveLoop", choice, CHOICES)
    call.tx.execute("DELETE FROM lambda_recursion WHERE function=?", (name,))
    if choice == "Allow":
        call.tx.execute("INSERT INTO lambda_recursion VALUES(?)", (name,))
    call.tx.announce(functions.FUNCTIONS_KEY)


@OPERATIONS.write("PutFunctionRecursionConfig")
def put_function_recursion_config(call: Call, request: dict[str, Any]) -> Result:
    """Allow or Terminate."""
    configure(call, named(request).name, request["RecursiveLoop"])
    return {"RecursiveLoop": request["RecursiveLoop"]}


@OPERATIONS.read("GetFunctionRecursionConfig")
def get_function_recursion_config(call: Call, request: dict[str, Any]) -> Result:
    """Terminate unless it was allowed."""
    name = named(request).name
    functions.existing(call, Named(name, ""))
    row = call.tx.one("SELECT 1 FROM lambda_recursion WHERE function=?", (name,))
    return {"RecursiveLoop": "Allow" if row else "Terminate"}
