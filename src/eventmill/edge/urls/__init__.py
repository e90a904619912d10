"""Serves functions' URLs below `/_aws/lambda-url/<url id>/`."""

from eventmill.edge.urls.front import UrlFront

__all__ = ["UrlFront"]
