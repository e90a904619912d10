"""What an integration may hold, and how its URI is read.

https://docs.aws.amazon.com/apigateway/latest/api/API_PutIntegration.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from eventmill.kernel.java_patterns import compiled
from eventmill.services.apigateway.faults import bad

_TYPES = frozenset({"AWS", "AWS_PROXY", "HTTP", "HTTP_PROXY", "MOCK"})
_PASSTHROUGH = frozenset({"WHEN_NO_MATCH", "WHEN_NO_TEMPLATES", "NEVER"})
_URI = re.compile(
    r"arn:aws[\w-]*:apigateway:(?P<region>[^:]+):(?:(?P<host>[^:.]+)\.)?(?P<service>[^:.]+):"
    r"(?P<kind>path|action)/(?P<rest>.*)\Z",
    re.DOTALL,
)
_FUNCTION = re.compile(r"(?P<arn>arn:aws[\w-]*:lambda:[^/]*:function:[^/]+)(?:/.*)?\Z", re.DOTALL)
_MIN_TIMEOUT, _MAX_TIMEOUT = 50, 300_000


def check_pattern(member: str, pattern: str | None) -> None:
    """Raises Invalid for a regular expression that cannot be read."""
    try:
        compiled(pattern or "")
    except re.error as error:
        raise bad(f"Invalid {member} {pattern!r}: {error}") from None


def check_integration(config: Mapping[str, Any]) -> None:
    """Raises Invalid."""
    for response in (config.get("integrationResponses") or {}).values():
        check_pattern("selection pattern", response.get("selectionPattern"))
    kind = config.get("type")
    if kind not in _TYPES:
        raise bad(f"Enumeration value for IntegrationType is not valid: {kind}")
    timeout = config.get("timeoutInMillis", 29_000)
    if not _MIN_TIMEOUT <= timeout <= _MAX_TIMEOUT:
        raise bad(f"Timeout should be between {_MIN_TIMEOUT} ms and {_MAX_TIMEOUT} ms")
    if config.get("passthroughBehavior", "NEVER") not in _PASSTHROUGH:
        raise bad(
            "Invalid passthrough behavior specified. Valid options are WHEN_NO_MATCH, "
            "WHEN_NO_TEMPLATES, NEVER"
        )
    if config.get("contentHandling") not in (None, "CONVERT_TO_TEXT", "CONVERT_TO_BINARY"):
        raise bad("Enumeration value for ContentHandlingStrategy is not valid")
    if kind == "MOCK":
        return
    if not config.get("httpMethod"):
        raise bad("Enumeration value for HttpMethod must be non-empty")
    _check_uri(str(kind), config.get("uri") or "")


def _check_uri(kind: str, uri: str) -> None:
    if kind.startswith("HTTP"):
        if not uri.startswith(("http://", "https://", "${")):
            raise bad("Invalid HTTP endpoint specified for URI")
        return
    if not uri.startswith("arn:"):
        raise bad("Invalid ARN specified in the request")
    if target_of(uri) is None:
        raise bad("AWS ARN for integration must contain path or action")


def target_of(uri: str) -> tuple[str, str, str] | None:
    """(service, `path` or `action`, the rest) of an AWS integration's URI, or None.

    A bucket before the service (`my-bucket.s3:path/key`) becomes the first part of the path.
    """
    found = _URI.match(uri)
    if found is None:
        return None
    rest = f"{found['host']}/{found['rest']}" if found["host"] else found["rest"]
    return found["service"], found["kind"], rest


def function_of(uri: str) -> str | None:
    """The ARN of the function that a URI invokes, or None."""
    target = target_of(uri)
    if target is None or target[0] != "lambda":
        return None
    found = _FUNCTION.search(target[2].partition("functions/")[2])
    return None if found is None else found["arn"]
