"""The tables of CloudWatch, oldest version first."""

SCHEMA = (
    """
    CREATE TABLE cloudwatch_alarms(
      name TEXT PRIMARY KEY,
      config TEXT NOT NULL,            -- JSON, members as PutMetricAlarm has them
      updated REAL NOT NULL
    ) WITHOUT ROWID;
    """,
    """
    ALTER TABLE cloudwatch_alarms ADD COLUMN state TEXT NOT NULL DEFAULT 'INSUFFICIENT_DATA';
    ALTER TABLE cloudwatch_alarms ADD COLUMN reason TEXT NOT NULL DEFAULT '';
    ALTER TABLE cloudwatch_alarms ADD COLUMN since REAL NOT NULL DEFAULT 0;
    -- Moved time of the last look; the next one is at the end of that minute.
    ALTER TABLE cloudwatch_alarms ADD COLUMN checked REAL NOT NULL DEFAULT 0;

    CREATE TABLE cloudwatch_history(
      id INTEGER PRIMARY KEY,
      alarm TEXT NOT NULL,
      at REAL NOT NULL,
      kind TEXT NOT NULL,              -- StateUpdate, ConfigurationUpdate, Action
      summary TEXT NOT NULL,
      data TEXT NOT NULL
    );
    CREATE INDEX cloudwatch_history_of ON cloudwatch_history(alarm, id);

    CREATE TABLE cloudwatch_metrics(
      id INTEGER PRIMARY KEY,
      namespace TEXT NOT NULL,
      name TEXT NOT NULL,
      dimensions TEXT NOT NULL,        -- JSON, [[name, value], ...] by name
      unit TEXT NOT NULL,
      updated REAL NOT NULL,
      UNIQUE(namespace, name, dimensions, unit)
    );
    CREATE TABLE cloudwatch_points(
      metric INTEGER NOT NULL,
      minute INTEGER NOT NULL,         -- epoch seconds / 60
      count REAL NOT NULL,
      total REAL NOT NULL,
      low REAL NOT NULL,
      high REAL NOT NULL,
      spread TEXT NOT NULL,            -- JSON, how many values by their size; for percentiles
      PRIMARY KEY(metric, minute)
    ) WITHOUT ROWID;
    """,
    """
    CREATE TABLE cloudwatch_tags(alarm TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,
      PRIMARY KEY(alarm, key)) WITHOUT ROWID;
    """,
)
