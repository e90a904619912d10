"""The tables of CloudWatch, oldest version first."""

SCHEMA = (
    """
    CREATE TABLE cloudwatch_alarms(
      name TEXT PRIMARY KEY,
      config TEXT NOT NULL,            -- JSON, members as PutMetricAlarm has them
      updated REAL NOT NULL
    ) WITHOUT ROWID;
    """,
)
