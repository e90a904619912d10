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
    """
    ALTER TABLE sns_subscriptions ADD COLUMN state TEXT NOT NULL DEFAULT 'confirmed';
    ALTER TABLE sns_subscriptions ADD COLUMN token TEXT;   -- what ConfirmSubscription must name
    ALTER TABLE sns_subscriptions ADD COLUMN expires REAL; -- of one that is not confirmed
    ALTER TABLE sns_subscriptions ADD COLUMN secured INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE sns_subscriptions ADD COLUMN free_at REAL NOT NULL DEFAULT 0; -- throttled until
    CREATE INDEX sns_expiring ON sns_subscriptions(expires) WHERE expires IS NOT NULL;
    CREATE TABLE sns_signing(
      id INTEGER PRIMARY KEY CHECK(id=1),
      private_key BLOB NOT NULL,
      certificate TEXT NOT NULL
    );
    CREATE TABLE sns_archive(
      topic TEXT NOT NULL,
      seq INTEGER NOT NULL,
      time REAL NOT NULL,
      message BLOB NOT NULL,
      PRIMARY KEY(topic, seq)
    ) WITHOUT ROWID;
    CREATE TABLE sns_sms_attributes(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    """,
)
