"""Mapping templates of API Gateway: what `$input` and `$util` offer, and JSON paths.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html
"""

from eventmill.edge.apis.mapping.inputs import Input
from eventmill.edge.apis.mapping.render import render

__all__ = ["Input", "render"]
