"""Lambda's entry points: each turns an event into calls of `documents` and `adapters`."""
