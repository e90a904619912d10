"""The tables of CloudWatch Logs, oldest version first."""

SCHEMA = (
    """
    CREATE TABLE logs_groups(
      name TEXT PRIMARY KEY,
      arn TEXT NOT NULL,
      created INTEGER NOT NULL,        -- milliseconds
      retention INTEGER,               -- days
      tags TEXT NOT NULL DEFAULT '{}'
    ) WITHOUT ROWID;
    CREATE TABLE logs_streams(
      grp TEXT NOT NULL,
      name TEXT NOT NULL,
      created INTEGER NOT NULL,
      last INTEGER,                    -- time of the newest event
      PRIMARY KEY(grp, name)
    ) WITHOUT ROWID;
    CREATE TABLE logs_events(
      id INTEGER PRIMARY KEY,
      grp TEXT NOT NULL,
      stream TEXT NOT NULL,
      time INTEGER NOT NULL,
      ingested INTEGER NOT NULL,
      message TEXT NOT NULL
    );
    CREATE INDEX logs_by_stream ON logs_events(grp, stream, time, id);
    CREATE INDEX logs_by_group ON logs_events(grp, time, id);
    """,
    """
    CREATE TABLE logs_subscriptions(
      grp TEXT NOT NULL,
      name TEXT NOT NULL,
      pattern TEXT NOT NULL,
      destination TEXT NOT NULL,       -- ARN
      role TEXT,
      distribution TEXT NOT NULL,
      created INTEGER NOT NULL,        -- milliseconds
      PRIMARY KEY(grp, name)
    ) WITHOUT ROWID;
    CREATE TABLE logs_metric_filters(
      grp TEXT NOT NULL,
      name TEXT NOT NULL,
      pattern TEXT NOT NULL,
      transformations TEXT NOT NULL,   -- JSON, as PutMetricFilter has them
      created INTEGER NOT NULL,        -- milliseconds
      PRIMARY KEY(grp, name)
    ) WITHOUT ROWID;
    CREATE TABLE logs_policies(
      name TEXT PRIMARY KEY,
      document TEXT NOT NULL,
      updated INTEGER NOT NULL         -- milliseconds
    ) WITHOUT ROWID;
    CREATE TABLE logs_tags(arn TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,
      PRIMARY KEY(arn, key)) WITHOUT ROWID;
    """,
    """
    -- JSON: what CreateLogGroup was told besides, by its names
    ALTER TABLE logs_groups ADD COLUMN settings TEXT NOT NULL DEFAULT '{}';
    """,
    """
    -- From now on an event's id is taken from a sequence: after the newest were deleted, SQLite
    -- would give theirs again, which readers of what came since then have passed.
    INSERT INTO sequences SELECT 'logs.events', coalesce(max(id), 0) + 1 FROM logs_events;
    """,
)
