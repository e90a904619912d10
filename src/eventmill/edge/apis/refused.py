"""An API that may not invoke what it names."""


class Refused(Exception):
    """The function's policy does not let the API invoke it, or there is no such function."""
