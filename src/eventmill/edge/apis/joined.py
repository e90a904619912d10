"""The parts that serve HTTP and WebSocket APIs, put together."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from eventmill.edge.apis.authorization import Authorizers
from eventmill.edge.apis.catalog import Catalog
from eventmill.edge.apis.connections import OpenConnections
from eventmill.edge.apis.domains import Domains
from eventmill.edge.apis.front import ApiFront
from eventmill.edge.apis.functions import Functions
from eventmill.edge.apis.gate import Gate
from eventmill.edge.apis.httpapi import HttpApis
from eventmill.edge.apis.integrations import Integrations, Listeners
from eventmill.edge.apis.issuers import Issuers
from eventmill.edge.apis.management import Management
from eventmill.edge.apis.service_calls import ServiceCalls
from eventmill.edge.apis.socket_integrations import SocketIntegrations
from eventmill.edge.apis.sockets import Sockets
from eventmill.edge.apis.tokens import Tokens
from eventmill.edge.security import Security
from eventmill.kernel.clock import Clock
from eventmill.kernel.ids import Ids
from eventmill.kernel.ports import Ports
from eventmill.store.database import Database


def api_front(
    database: Database,
    domains: Domains,
    clock: Clock,
    ids: Ids,
    ports: Ports,
    services: ServiceCalls,
    listeners: Listeners,
    connections: OpenConnections,
    issuers: Issuers,
    security: Security,
    endpoint: Callable[[], str],
    account: str,
    region: str,
) -> ApiFront:
    """`endpoint` is the address that functions reach the engine by."""
    functions = Functions(database, ids, ports.invoker, account, region)
    authorizers = Authorizers(clock, functions)
    gate = Gate(authorizers, Tokens(issuers), security, functions)
    apis = HttpApis(clock, ids, gate, Integrations(functions, ports, listeners), ports, account)
    sockets = Sockets(
        connections,
        clock,
        ids,
        authorizers,
        functions,
        SocketIntegrations(functions, ports.http, services),
        security,
        ports.logs,
        ports.counts,
        lambda: urlsplit(endpoint()).netloc,
        ports.warn,
    )
    management = Management(connections, security)
    return ApiFront(Catalog(database), domains, apis, sockets, management)
