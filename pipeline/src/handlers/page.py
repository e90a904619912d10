"""The web page's files, read once in each execution environment."""

from functools import cache
from pathlib import Path

from aws_lambda_powertools.event_handler import Response

from adapters.files import content_type

_WEB = Path(__file__).parents[1] / "web"
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; connect-src 'self' http: https: ws: wss:; "
        "img-src 'self' http: https: data:; object-src 'none'; base-uri 'none'; "
        "frame-ancestors 'none'; form-action 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}


@cache
def _files() -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in _WEB.iterdir() if file.is_file()}


def asset(name: str) -> Response[str]:
    """One file of the page; 404 for a name that is none."""
    body = _files().get(name)
    if body is None:
        return Response(404, "application/json", '{"message": "Not Found"}')
    return Response(200, f"{content_type(name)}; charset=utf-8", body.decode(), headers=_HEADERS)
