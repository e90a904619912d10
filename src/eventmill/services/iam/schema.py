"""The tables of IAM, oldest version first."""

SCHEMA = (
    """
    CREATE TABLE iam_roles(
      name TEXT PRIMARY KEY,
      id TEXT NOT NULL,
      path TEXT NOT NULL,
      document TEXT NOT NULL,          -- JSON, everything else that was declared
      created REAL NOT NULL
    ) WITHOUT ROWID;
    """,
)
