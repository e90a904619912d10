"""One request to a REST API, and the context that events, templates and policies see.

https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from eventmill.edge.apis.called import Called
from eventmill.edge.apis.rest.model import Method, Stage
from eventmill.kernel.clock import clf_time

if TYPE_CHECKING:
    from eventmill.edge.apis.rest.failures import Failed


@dataclass
class Request:
    """`path` is below the stage, still percent-encoded; `sent` has header names as the client
    wrote them, `headers` in lower case with the values of a repeated one joined by commas.

    What the steps before the integration find out is written into the last members.
    """

    stage: Stage
    verb: str
    path: str
    query: str
    sent: list[tuple[str, str]]
    headers: Mapping[str, str]
    body: bytes
    client: str
    domain: str
    request_id: str
    extended_id: str
    trace: str
    now: float
    account: str
    region: str
    scheme: str = "http"
    base: str = ""
    """The base path of the custom domain that the request came by."""
    method: Method | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    authorizer: dict[str, Any] | None = None
    named_key: str | None = None
    """The API key that the authorizer named."""
    failure: Failed | None = None
    """Why API Gateway itself answered."""
    identity: dict[str, Any] = field(default_factory=dict)
    """Members of the caller's identity that are known: the API key, the IAM caller."""
    called: Called = field(default_factory=Called)

    @cached_property
    def pairs(self) -> list[tuple[str, str]]:
        """The query's parameters, decoded, in their order."""
        return parse_qsl(self.query, keep_blank_values=True)

    def accepted(self, templates: Mapping[str, str]) -> tuple[str, str]:
        """(content type, template): by what the client accepts, else JSON, else the first one."""
        for entry in self.headers.get("accept", "").split(","):
            kind = entry.partition(";")[0].strip()
            if kind in templates:
                return kind, templates[kind]
        first = "application/json" if "application/json" in templates else next(iter(templates))
        return first, templates[first]

    def arn(self, verb: str, path: str) -> str:
        """The ARN of a method at a path, as policies and permissions name it."""
        base = f"arn:aws:execute-api:{self.region}:{self.account}:{self.stage.api_id}"
        return f"{base}/{self.stage.name}/{verb}{path}"

    @property
    def by_domain(self) -> bool:
        """Whether the request came by a custom domain."""
        return not self.domain.startswith(f"{self.stage.api_id}.execute-api.")

    @property
    def method_arn(self) -> str:
        """The ARN of what is asked for."""
        return self.arn(self.verb, self.path)

    def context(self) -> dict[str, Any]:
        """The requestContext of events."""
        method = self.method
        context: dict[str, Any] = {
            "resourceId": None if method is None else method.resource_id,
            "resourcePath": None if method is None else method.resource_path,
            "httpMethod": self.verb,
            "extendedRequestId": self.extended_id,
            "requestTime": clf_time(self.now),
            "path": self.base + self.path if self.by_domain else f"/{self.stage.name}{self.path}",
            "accountId": self.account,
            "protocol": "HTTP/1.1",
            "stage": self.stage.name,
            "domainPrefix": self.domain.partition(".")[0],
            "requestTimeEpoch": int(self.now * 1000),
            "requestId": self.request_id,
            "identity": _NOBODY
            | {"sourceIp": self.client, "userAgent": self.headers.get("user-agent")}
            | self.identity,
            "domainName": self.domain,
            "deploymentId": self.stage.deployment,
            "apiId": self.stage.api_id,
        }
        if self.authorizer is not None:
            context["authorizer"] = self.authorizer
        return context


_NOBODY: dict[str, Any] = dict.fromkeys(
    (
        "cognitoIdentityPoolId",
        "accountId",
        "cognitoIdentityId",
        "caller",
        "sourceIp",
        "principalOrgId",
        "accessKey",
        "cognitoAuthenticationType",
        "cognitoAuthenticationProvider",
        "userArn",
        "userAgent",
        "user",
    )
)
