"""Request validators: required parameters, and bodies against models.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-request-validation.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from eventmill.edge.apis.rest.expressions import of_request
from eventmill.edge.apis.rest.failures import Failed, internal
from eventmill.edge.apis.rest.model import Method
from eventmill.edge.apis.rest.problems import UNREADABLE, worded
from eventmill.edge.apis.rest.request import Request
from eventmill.services.apigateway import model_address


def validate(request: Request, method: Method) -> None:
    """Raises Failed (400) naming what is missing, or for a body that does not fit its model."""
    if method.validates_parameters:
        _parameters(request, method)
    if method.validates_body and method.models:
        _body(request, method)


def _parameters(request: Request, method: Method) -> None:
    missing = [
        place.rpartition(".")[2]
        for place, required in sorted(method.parameters.items())
        if required and not (of_request(place, request) or "").strip()
    ]
    if missing:
        message = f"Missing required request parameters: [{', '.join(missing)}]"
        raise Failed("BAD_REQUEST_PARAMETERS", message)


def _body(request: Request, method: Method) -> None:
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    name = method.models.get(kind or "application/json")
    model = None if name is None else request.stage.models.get(name)
    if model is None:
        return
    try:
        document = json.loads(request.body)
    except ValueError:
        raise _invalid([UNREADABLE]) from None
    found = problems_of(
        document, request.stage.api_id, model.get("schema") or "{}", _texts(request)
    )
    if found:
        raise _invalid(found)


def _texts(request: Request) -> tuple[tuple[str, str], ...]:
    return tuple(
        (name, model.get("schema") or "{}") for name, model in request.stage.models.items()
    )


def _invalid(problems: list[str]) -> Failed:
    return Failed("BAD_REQUEST_BODY", "Invalid request body", detail=f"[{', '.join(problems)}]")


def problems_of(
    document: Any, api: str, schema: str, models: tuple[tuple[str, str], ...]
) -> list[str]:
    """What does not fit the schema. Raises Failed (500) for a schema that cannot be followed."""
    from jsonschema.exceptions import SchemaError
    from referencing.exceptions import Unresolvable

    try:
        return worded(_validator(api, schema, models).iter_errors(document))
    except (SchemaError, Unresolvable) as error:
        raise internal(f"The model cannot be followed: {error}") from None


@lru_cache(maxsize=256)
def _validator(api: str, schema: str, models: tuple[tuple[str, str], ...]) -> Any:
    """JSON Schema draft 4 with the API's models under their addresses."""
    from jsonschema import Draft4Validator
    from referencing import Registry, Resource
    from referencing.jsonschema import DRAFT4

    def resource(text: str) -> Resource[Any]:
        return Resource.from_contents(_plain(json.loads(text)), default_specification=DRAFT4)

    known = [(model_address(api, name), resource(text)) for name, text in models]
    registry: Any = Registry().with_resources(known)
    return Draft4Validator(_plain(json.loads(schema)), registry=registry)


def _plain(schema: Any) -> Any:
    """Without `$schema`, which may name a draft that the library would switch to."""
    return (
        {k: v for k, v in schema.items() if k != "$schema"} if isinstance(schema, Mapping) else {}
    )
