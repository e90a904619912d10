"""What fields are made of."""

Fields = dict[str, str | list[str]]
"""A field's name and its value or values, plain enough to be stored as JSON."""
