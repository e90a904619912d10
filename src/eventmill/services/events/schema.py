"""The tables of EventBridge, oldest version first."""

SCHEMA = (
    """
    CREATE TABLE events_buses(
      name TEXT PRIMARY KEY,
      config TEXT NOT NULL,            -- JSON: Description, Policy, DeadLetterConfig ...
      created REAL NOT NULL,
      modified REAL NOT NULL
    ) WITHOUT ROWID;
    INSERT INTO events_buses VALUES('default', '{}', 0, 0);

    CREATE TABLE events_rules(
      bus TEXT NOT NULL,
      name TEXT NOT NULL,
      pattern TEXT,                    -- JSON as given
      schedule TEXT,
      state TEXT NOT NULL,
      config TEXT NOT NULL,            -- JSON: Description, RoleArn
      due REAL,                        -- next time of an enabled schedule
      PRIMARY KEY(bus, name)
    ) WITHOUT ROWID;
    CREATE INDEX events_scheduled ON events_rules(due) WHERE due IS NOT NULL;

    CREATE TABLE events_targets(
      bus TEXT NOT NULL,
      rule TEXT NOT NULL,
      id TEXT NOT NULL,
      target TEXT NOT NULL,            -- JSON, members as PutTargets has them
      PRIMARY KEY(bus, rule, id)
    ) WITHOUT ROWID;

    -- A bus's rules are compiled in memory; the stamp changes with any of them.
    CREATE TABLE events_stamps(bus TEXT PRIMARY KEY, stamp TEXT NOT NULL) WITHOUT ROWID;

    CREATE TABLE events_tags(arn TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,
      PRIMARY KEY(arn, key)) WITHOUT ROWID;
    """,
)
