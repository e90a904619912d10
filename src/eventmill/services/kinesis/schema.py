"""The tables of Kinesis, oldest version first."""

SCHEMA = (
    """
    CREATE TABLE kinesis_streams(
      id INTEGER PRIMARY KEY,          -- from a sequence
      arn TEXT NOT NULL UNIQUE,
      name TEXT NOT NULL UNIQUE,
      settings TEXT NOT NULL,          -- JSON: mode, retention, encryption …
      created REAL NOT NULL,
      numbers INTEGER NOT NULL         -- shards so far; the next one gets this number
    );
    CREATE TABLE kinesis_shards(
      id INTEGER PRIMARY KEY,          -- from a sequence
      stream INTEGER NOT NULL,
      number INTEGER NOT NULL,         -- the digits of its name
      parent INTEGER,                  -- numbers of the shards that it continues
      adjacent INTEGER,
      low TEXT NOT NULL,               -- hash keys, decimal; both ends belong to the shard
      high TEXT NOT NULL,
      created REAL NOT NULL,
      first INTEGER NOT NULL,          -- places (see places.py) at its opening and closing
      closed REAL,
      last INTEGER,
      UNIQUE(stream, number)
    );
    CREATE TABLE kinesis_records(
      id INTEGER PRIMARY KEY,          -- the shard's id and the record's place in one number
      created REAL NOT NULL,
      key TEXT NOT NULL,
      data BLOB NOT NULL
    );
    CREATE TABLE kinesis_consumers(
      arn TEXT PRIMARY KEY,
      stream INTEGER NOT NULL,
      name TEXT NOT NULL,
      created REAL NOT NULL,
      UNIQUE(stream, name)
    ) WITHOUT ROWID;
    CREATE TABLE kinesis_subscriptions(
      consumer TEXT NOT NULL,          -- its ARN
      shard INTEGER NOT NULL,          -- the id
      number INTEGER NOT NULL,         -- from a sequence: a newer one takes over
      started REAL NOT NULL,
      PRIMARY KEY(consumer, shard)
    ) WITHOUT ROWID;
    CREATE TABLE kinesis_policies(
      arn TEXT PRIMARY KEY,            -- of a stream or a consumer
      policy TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE kinesis_tags(
      arn TEXT NOT NULL,
      key TEXT NOT NULL,
      value TEXT NOT NULL,
      PRIMARY KEY(arn, key)
    ) WITHOUT ROWID;
    """,
)
