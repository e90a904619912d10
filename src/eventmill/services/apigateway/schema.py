"""The tables of API Gateway's REST APIs, oldest version first."""

SCHEMA = (
    """
    CREATE TABLE rest_parts(
      api TEXT NOT NULL,               -- the API's id; empty for what belongs to the account
      kind TEXT NOT NULL,              -- see parts.MISSING
      id TEXT NOT NULL,
      config TEXT NOT NULL,            -- JSON, members as the API has them
      position INTEGER NOT NULL,
      PRIMARY KEY(api, kind, id)
    ) WITHOUT ROWID;
    CREATE TABLE rest_snapshots(
      api TEXT NOT NULL,
      deployment TEXT NOT NULL,
      parts TEXT NOT NULL,             -- JSON: the API's parts by kind and id when it was deployed
      PRIMARY KEY(api, deployment)
    ) WITHOUT ROWID;
    CREATE TABLE rest_usage(
      plan TEXT NOT NULL,
      key TEXT NOT NULL,
      day TEXT NOT NULL,               -- YYYY-MM-DD, UTC
      used INTEGER NOT NULL,
      PRIMARY KEY(plan, key, day)
    ) WITHOUT ROWID;
    """,
)
