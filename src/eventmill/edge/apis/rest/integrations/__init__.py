"""What may stand behind a method: functions, AWS's services, HTTP servers, and nothing (MOCK)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from eventmill.edge.apis.rest.answers import Answer
from eventmill.edge.apis.rest.functions import Functions
from eventmill.edge.apis.rest.integrations.aws import AwsIntegration
from eventmill.edge.apis.rest.integrations.function import MappedFunction
from eventmill.edge.apis.rest.integrations.mock import mock
from eventmill.edge.apis.rest.integrations.proxy import LambdaProxy
from eventmill.edge.apis.rest.integrations.service import ServiceCall
from eventmill.edge.apis.rest.integrations.web import HttpIntegration, HttpProxy
from eventmill.edge.apis.rest.request import Request
from eventmill.edge.apis.service_calls import ServiceCalls
from eventmill.kernel.ports import Ports

Integrate = Callable[[Request], Awaitable[Answer]]


def by_kind(functions: Functions, ports: Ports, services: ServiceCalls) -> dict[str, Integrate]:
    """Each type of integration, by AWS's name."""
    return {
        "AWS_PROXY": LambdaProxy(functions),
        "AWS": AwsIntegration(MappedFunction(functions, ports.api), ServiceCall(services)),
        "HTTP": HttpIntegration(ports.http),
        "HTTP_PROXY": HttpProxy(ports.http),
        "MOCK": mock,
    }
