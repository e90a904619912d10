"""Whether the events of SAM's functions and state machines name routes that an API may have.

SAM takes any text. AWS refuses the API that comes of it, or makes a route that nobody reaches.
https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-function-httpapi.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from eventmill.kernel.similar import meant
from eventmill.template.text import line_of

_SOURCES = ("AWS::Serverless::Function", "AWS::Serverless::StateMachine")
_DEFAULT = "$default"
_ANY = "x-amazon-apigateway-any-method"
_METHODS = ("GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "DELETE", "ANY")


def misrouted(document: Mapping[str, Any]) -> Iterator[tuple[int, str]]:
    """(line, what is wrong) of events of APIs. What a function gives is not judged."""
    for name, body in document["Resources"].items():
        if not isinstance(body, dict) or body.get("Type") not in _SOURCES:
            continue
        properties = body.get("Properties")
        events = properties.get("Events") if isinstance(properties, dict) else None
        for event, declared in events.items() if isinstance(events, dict) else ():
            if isinstance(declared, dict) and declared.get("Type") in ("Api", "HttpApi"):
                given = declared.get("Properties")
                if isinstance(given, dict):
                    yield from _route(f"the event {event} of {name}", declared["Type"], given)


def _route(what: str, kind: str, given: Mapping[str, Any]) -> Iterator[tuple[int, str]]:
    path, method = given.get("Path"), given.get("Method")
    whole = kind == "HttpApi" and path == _DEFAULT
    if isinstance(path, str) and not path.startswith("/") and not whole:
        yield line_of(given, "Path"), f"{what}: Path {path} begins with no slash; write /{path}"
    if isinstance(method, str) and method.upper() not in (*_METHODS, _ANY.upper()):
        near = meant(method.upper(), _METHODS) or f"; it is one of {', '.join(_METHODS)}"
        yield line_of(given, "Method"), f"{what}: {method} is no method of an API{near}"
