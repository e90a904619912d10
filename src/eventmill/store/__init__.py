"""The one durable truth: a SQLite database and object bodies as files.

The only part that knows SQLite and files. See docs/architecture.md, "The store".
"""
