"""A handler that takes everything."""


def handler(event, context):
    """Done."""
