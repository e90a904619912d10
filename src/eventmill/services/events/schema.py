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
    """
    -- The rule of an archive is a managed rule in events_rules, named Events-Archive-<name>.
    CREATE TABLE events_archives(
      name TEXT PRIMARY KEY,
      bus TEXT NOT NULL,
      pattern TEXT,                    -- JSON as given
      retention INTEGER NOT NULL,      -- days, 0 for ever
      config TEXT NOT NULL,            -- JSON: Description, KmsKeyIdentifier
      created REAL NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE events_archived(
      id INTEGER PRIMARY KEY,
      archive TEXT NOT NULL,
      time REAL NOT NULL,              -- the event's own time
      ingested REAL NOT NULL,
      event BLOB NOT NULL              -- the envelope as JSON
    );
    CREATE INDEX events_archived_by_time ON events_archived(archive, time, id);

    CREATE TABLE events_replays(
      name TEXT PRIMARY KEY,
      archive TEXT NOT NULL,
      config TEXT NOT NULL,            -- JSON, members as StartReplay has them
      state TEXT NOT NULL,
      started REAL NOT NULL,
      ended REAL,
      time REAL,                       -- of the event replayed last
      position INTEGER NOT NULL        -- its id in events_archived
    ) WITHOUT ROWID;
    CREATE INDEX events_replaying ON events_replays(state)
      WHERE state IN ('STARTING', 'RUNNING', 'CANCELLING');

    CREATE TABLE events_connections(
      name TEXT PRIMARY KEY,
      arn TEXT NOT NULL,
      secret_arn TEXT NOT NULL,
      kind TEXT NOT NULL,              -- BASIC, API_KEY, OAUTH_CLIENT_CREDENTIALS
      parameters TEXT NOT NULL,        -- JSON: AuthParameters with their secrets
      config TEXT NOT NULL,            -- JSON: Description, KmsKeyIdentifier
      state TEXT NOT NULL,
      created REAL NOT NULL,
      modified REAL NOT NULL,
      authorized REAL
    ) WITHOUT ROWID;
    CREATE TABLE events_destinations(
      name TEXT PRIMARY KEY,
      arn TEXT NOT NULL,
      connection TEXT NOT NULL,        -- ARN
      config TEXT NOT NULL,            -- JSON, members as CreateApiDestination has them
      created REAL NOT NULL,
      modified REAL NOT NULL
    ) WITHOUT ROWID;
    """,
)
