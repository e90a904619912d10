"""MOCK integrations: the answer comes from the API's own configuration, such as CORS.

https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-mock-integration.html
"""

from __future__ import annotations

import re

from eventmill.edge.apis.rest.answers import Answer
from eventmill.edge.apis.rest.failures import internal
from eventmill.edge.apis.rest.incoming import Incoming, answered
from eventmill.edge.apis.rest.outgoing import outgoing
from eventmill.edge.apis.rest.request import Request

_STATUS = re.compile(rb"""["']?statusCode["']?\s*:\s*["']?(\d{3})["']?""")


async def mock(request: Request) -> Answer:
    """The request's template says which status is taken for the integration's. Raises Failed."""
    method = request.method
    assert method is not None
    sent = outgoing(request, method.integration)
    found = _STATUS.search(sent.body)
    if found is None:
        raise internal("The mock's template gives no statusCode")
    return answered(request, method, sent, Incoming(found.group(1).decode(), [], b""))
