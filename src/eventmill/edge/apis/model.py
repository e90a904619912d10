"""An API as edge serves it: stages, each with the routes, integrations and authorizers deployed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from eventmill.edge.apis.variables import with_stage_variables
from eventmill.services.apigatewayv2 import function_of, parts
from eventmill.services.logs import name_of
from eventmill.store.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Authorizer:
    """A Lambda authorizer (REQUEST), or one of tokens (JWT). `ttl` in seconds, 0 for none."""

    id: str
    function: str
    version: str
    simple: bool
    sources: tuple[str, ...]
    ttl: int
    role: bool = False
    """Whether the API calls the function with a role, which needs no permission."""
    issuer: str = ""
    audience: tuple[str, ...] = ()
    epoch: str = ""
    """Changes when the stage's cache is reset."""


@dataclass(frozen=True, slots=True)
class Integration:
    """What answers a route. `timeout` in seconds; `function` is empty for other kinds."""

    kind: str
    uri: str
    function: str
    version: str
    timeout: float
    method: str = ""
    subtype: str = ""
    role: bool = False
    request: Mapping[str, str] = field(default_factory=dict)
    """Parameters of the request, or of the service's operation."""
    response: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Changes of the answer by its status."""
    templates: Mapping[str, str] = field(default_factory=dict)
    template_selection: str = ""
    passthrough: str = "WHEN_NO_MATCH"
    responses: tuple[Mapping[str, Any], ...] = ()
    """A WebSocket's integration responses."""
    decoded: bool = False
    """Whether a WebSocket's messages are base64 of the bytes that the integration gets."""


@dataclass(frozen=True, slots=True)
class Limit:
    """Throttling: requests a second and how many at once."""

    rate: float
    burst: int


@dataclass(frozen=True, slots=True)
class Route:
    """`segments` are empty for `$default` and for WebSocket routes."""

    id: str
    key: str
    method: str
    segments: tuple[str, ...]
    integration: Integration | None
    authorizer: Authorizer | None
    iam: bool
    scopes: tuple[str, ...]
    answers: bool
    """Whether a WebSocket client gets what the integration answers."""
    limit: Limit | None = None
    detailed: bool = False
    """Whether it has metrics of its own."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of one API, as it was deployed."""

    api: str
    name: str
    websocket: bool
    selection: str
    cors: Mapping[str, Any] | None
    variables: Mapping[str, str]
    routes: tuple[Route, ...]
    """In the order in which they are tried."""
    by_key: Mapping[str, Route]
    log_group: str = ""
    log_format: str = ""


@dataclass(frozen=True, slots=True)
class Api:
    """One API and its stages by name."""

    id: str
    stages: Mapping[str, Stage]


def load(tx: Transaction, api: str) -> Api | None:
    """The API, or None."""
    config = parts.find(tx, api, "api", api)
    if config is None:
        return None
    resets = parts.every(tx, api, "reset")
    stages = {
        name: _stage(name, entry, parts.deployed(tx, api, entry), str(resets.get(name, "")))
        for name, entry in parts.every(tx, api, "stage").items()
    }
    return Api(api, {name: stage for name, stage in stages.items() if stage})


def _stage(
    name: str, entry: Mapping[str, Any], held: parts.Snapshot | None, epoch: str
) -> Stage | None:
    """None for a stage that nothing was deployed to."""
    if not held:
        return None
    (config,) = held["api"].values()
    variables = entry.get("StageVariables") or {}
    authorizers = {
        number: _authorizer(number, part, variables, epoch)
        for number, part in held["authorizer"].items()
    }
    integrations = {
        number: _integration(number, part, variables, held)
        for number, part in held["integration"].items()
    }
    routes = [
        _route(part, integrations, authorizers, entry, held) for part in held["route"].values()
    ]
    log = entry.get("AccessLogSettings") or {}
    group = name_of(str(log.get("DestinationArn") or ""))
    return Stage(
        api=config["ApiId"],
        name=name,
        websocket=config["ProtocolType"] == "WEBSOCKET",
        selection=config.get("RouteSelectionExpression", ""),
        cors=config.get("CorsConfiguration"),
        variables=variables,
        routes=tuple(sorted(routes, key=_precedence, reverse=True)),
        by_key={route.key: route for route in routes},
        log_group=group,
        log_format=log.get("Format") or "",
    )


def _authorizer(
    number: str, part: Mapping[str, Any], variables: Mapping[str, str], epoch: str
) -> Authorizer:
    jwt = part.get("JwtConfiguration") or {}
    return Authorizer(
        id=number,
        function=function_of(with_stage_variables(part.get("AuthorizerUri") or "", variables))
        or "",
        version=part.get("AuthorizerPayloadFormatVersion") or "1.0",
        simple=bool(part.get("EnableSimpleResponses")),
        sources=tuple(part.get("IdentitySource") or ()),
        ttl=int(part.get("AuthorizerResultTtlInSeconds") or 0),
        role=bool(part.get("AuthorizerCredentialsArn")),
        issuer=(jwt.get("Issuer") or "") if part["AuthorizerType"] == "JWT" else "",
        audience=tuple(jwt.get("Audience") or ()),
        epoch=epoch,
    )


def _integration(
    number: str, part: Mapping[str, Any], variables: Mapping[str, str], held: parts.Snapshot
) -> Integration:
    uri = with_stage_variables(part.get("IntegrationUri") or "", variables)
    return Integration(
        kind=part["IntegrationType"],
        uri=uri,
        function=function_of(uri) or "",
        version=part.get("PayloadFormatVersion") or "1.0",
        timeout=int(part.get("TimeoutInMillis") or 29_000) / 1000,
        method=part.get("IntegrationMethod") or "",
        subtype=part.get("IntegrationSubtype") or "",
        role=bool(part.get("CredentialsArn")),
        request=part.get("RequestParameters") or {},
        response=part.get("ResponseParameters") or {},
        templates=part.get("RequestTemplates") or {},
        template_selection=part.get("TemplateSelectionExpression") or "",
        passthrough=part.get("PassthroughBehavior") or "WHEN_NO_MATCH",
        responses=tuple(
            entry
            for entry in held["integrationresponse"].values()
            if entry["IntegrationId"] == number
        ),
        decoded=part.get("ContentHandlingStrategy") == "CONVERT_TO_BINARY",
    )


def _route(
    part: Mapping[str, Any],
    integrations: Mapping[str, Integration],
    authorizers: Mapping[str, Authorizer],
    stage: Mapping[str, Any],
    held: parts.Snapshot,
) -> Route:
    key = part["RouteKey"]
    # With either of the two there are replies: templates as published give both, or one of them.
    answered = {entry["RouteId"] for entry in held["routeresponse"].values()}
    method, space, path = key.partition(" ")
    kind = part.get("AuthorizationType") or "NONE"
    # Those of the stage count for what the route's own leave out.
    settings = dict(stage.get("DefaultRouteSettings") or {})
    settings |= (stage.get("RouteSettings") or {}).get(key) or {}
    return Route(
        id=part["RouteId"],
        key=key,
        method=method if space else "",
        segments=tuple(path.split("/")[1:]) if space else (),
        integration=integrations.get(str(part.get("Target") or "").rpartition("/")[2]),
        authorizer=authorizers.get(part["AuthorizerId"]) if kind in ("CUSTOM", "JWT") else None,
        iam=kind == "AWS_IAM",
        scopes=tuple(part.get("AuthorizationScopes") or ()),
        answers=bool(part.get("RouteResponseSelectionExpression")) or part["RouteId"] in answered,
        limit=_limit(settings),
        detailed=bool(settings.get("DetailedMetricsEnabled")),
    )


def _limit(given: Mapping[str, Any]) -> Limit | None:
    """Throttling by a route's settings; None without any."""
    rate, burst = given.get("ThrottlingRateLimit"), given.get("ThrottlingBurstLimit")
    if rate is None and burst is None:
        return None
    return Limit(10_000.0 if rate is None else float(rate), 5_000 if burst is None else int(burst))


def _precedence(route: Route) -> tuple[int, ...]:
    """A full match comes before a greedy one, more literal segments before fewer, a method before
    ANY: the greater, the earlier it is tried."""
    greedy = any(part.endswith("+}") for part in route.segments)
    literal = sum(not part.startswith("{") for part in route.segments)
    return not greedy, literal, len(route.segments), route.method != "ANY"


def match(stage: Stage, method: str, path: str) -> tuple[Route, dict[str, str]] | None:
    """The route of a request and its path parameters; `$default` takes what no other does."""
    segments = path.split("/")[1:]
    for route in stage.routes:
        if route.method in (method, "ANY"):
            found = _labels(route.segments, segments)
            if found is not None:
                return route, found
    default = stage.by_key.get("$default")
    return None if default is None else (default, {})


def _labels(pattern: tuple[str, ...], segments: list[str]) -> dict[str, str] | None:
    labels: dict[str, str] = {}
    for index, part in enumerate(pattern):
        if part.endswith("+}"):
            rest = "/".join(segments[index:])
            return labels | {part[1:-2]: rest} if rest else None
        if index >= len(segments):
            return None
        if part.startswith("{"):
            if not segments[index]:
                return None
            labels[part[1:-1]] = segments[index]
        elif part != segments[index]:
            return None
    return labels if len(pattern) == len(segments) else None
