"""The one error of this package."""


class PatternError(ValueError):
    """A pattern that AWS refuses; the text is AWS's reason, without its position in the source."""
