"""SES's own error answers."""

from __future__ import annotations

from eventmill.kernel.errors import Invalid


def no_rule_set(name: str) -> Invalid:
    """The rule set named does not exist."""
    return Invalid("RuleSetDoesNotExist", f"Rule set does not exist: {name}", fields={"Name": name})


def no_rule(name: str) -> Invalid:
    """The rule named does not exist."""
    return Invalid("RuleDoesNotExist", f"Rule does not exist: {name}", fields={"Name": name})


def exists(kind: str, name: str) -> Invalid:
    """The name is taken."""
    return Invalid("AlreadyExists", f"{kind} already exists: {name}", fields={"Name": name})


def invalid(message: str) -> Invalid:
    """A parameter that SES refuses."""
    return Invalid("InvalidParameterValue", message)
