"""A template that cannot be read or run."""


class VelocityError(Exception):
    """`str()` says what is wrong and, for a text that cannot be read, in which line."""
