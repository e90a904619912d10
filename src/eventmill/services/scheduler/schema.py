"""The tables of EventBridge Scheduler, oldest version first."""

SCHEMA = (
    """
    CREATE TABLE scheduler_groups(
      name TEXT PRIMARY KEY,
      created REAL NOT NULL,
      modified REAL NOT NULL
    ) WITHOUT ROWID;
    INSERT INTO scheduler_groups VALUES('default', 0, 0);

    CREATE TABLE scheduler_schedules(
      grp TEXT NOT NULL,
      name TEXT NOT NULL,
      config TEXT NOT NULL,            -- JSON, members as CreateSchedule has them
      created REAL NOT NULL,
      modified REAL NOT NULL,
      scheduled REAL,                  -- the next time that the expression gives
      due REAL,                        -- the same, moved within the flexible window
      PRIMARY KEY(grp, name)
    ) WITHOUT ROWID;
    CREATE INDEX scheduler_by_due ON scheduler_schedules(due) WHERE due IS NOT NULL;

    CREATE TABLE scheduler_tags(arn TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,
      PRIMARY KEY(arn, key)) WITHOUT ROWID;
    """,
    """
    CREATE TABLE scheduler_tokens(
      operation TEXT NOT NULL,
      token TEXT NOT NULL,             -- ClientToken
      digest TEXT NOT NULL,            -- of the other members
      answer TEXT NOT NULL,            -- JSON
      at REAL NOT NULL,
      PRIMARY KEY(operation, token)
    ) WITHOUT ROWID;
    CREATE INDEX scheduler_by_at ON scheduler_tokens(at);
    """,
)
