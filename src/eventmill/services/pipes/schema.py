"""The table of EventBridge Pipes, oldest version first."""

SCHEMA = (
    """
    CREATE TABLE pipes_pipes(
      name TEXT PRIMARY KEY,
      id TEXT NOT NULL UNIQUE,         -- a new one for each pipe of the name
      arn TEXT NOT NULL,
      definition TEXT NOT NULL,        -- JSON: the members of CreatePipe, but for Name and Tags
      tags TEXT NOT NULL,              -- JSON
      state TEXT NOT NULL,             -- RUNNING or STOPPED
      reason TEXT,                     -- why the latest batch failed
      created REAL NOT NULL,
      modified REAL NOT NULL
    ) WITHOUT ROWID;
    """,
)
