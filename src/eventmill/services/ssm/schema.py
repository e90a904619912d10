"""The tables of Parameter Store, oldest version first."""

SCHEMA = (
    """
    CREATE TABLE ssm_parameters(
      name TEXT PRIMARY KEY,
      latest INTEGER NOT NULL,
      tags TEXT NOT NULL               -- JSON
    ) WITHOUT ROWID;
    CREATE TABLE ssm_versions(
      name TEXT NOT NULL,
      version INTEGER NOT NULL,
      value TEXT NOT NULL,
      entry TEXT NOT NULL,             -- JSON: Type, Tier, Description …, as the API has them
      labels TEXT NOT NULL,            -- JSON
      modified REAL NOT NULL,
      PRIMARY KEY(name, version)
    ) WITHOUT ROWID;
    """,
)
