"""The tables of SNS, oldest version first."""

SCHEMA = (
    """
    CREATE TABLE sns_topics(
      arn TEXT PRIMARY KEY,
      attributes TEXT NOT NULL,        -- JSON, strings as the API has them
      tags TEXT NOT NULL,
      sequence INTEGER NOT NULL        -- of a FIFO topic's last message
    ) WITHOUT ROWID;
    CREATE TABLE sns_subscriptions(
      arn TEXT PRIMARY KEY,
      topic TEXT NOT NULL,
      protocol TEXT NOT NULL,
      endpoint TEXT NOT NULL,
      attributes TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE UNIQUE INDEX sns_by_topic ON sns_subscriptions(topic, protocol, endpoint);
    CREATE TABLE sns_dedup(
      topic TEXT NOT NULL,
      dedup TEXT NOT NULL,
      message_id TEXT NOT NULL,
      sequence TEXT NOT NULL,
      expires REAL NOT NULL,
      PRIMARY KEY(topic, dedup)
    ) WITHOUT ROWID;
    """,
)
