"""The tables of DynamoDB, oldest version first."""

SCHEMA = (
    """
    CREATE TABLE ddb_tables(
      id INTEGER PRIMARY KEY,
      name TEXT NOT NULL UNIQUE,
      arn TEXT NOT NULL UNIQUE,
      definition TEXT NOT NULL,        -- JSON: keys, attributes, indexes, billing, ttl …
      created REAL NOT NULL,
      stream TEXT                      -- ARN of the newest stream, enabled or not
    );
    CREATE TABLE ddb_items(
      tbl INTEGER NOT NULL,
      pk BLOB NOT NULL,                -- keys in an encoding that orders as DynamoDB does
      sk BLOB NOT NULL,
      item BLOB NOT NULL,              -- JSON of the attribute map
      size INTEGER NOT NULL,
      expires REAL,                    -- the TTL attribute, where there is one
      PRIMARY KEY(tbl, pk, sk)
    ) WITHOUT ROWID;
    CREATE INDEX ddb_expiry ON ddb_items(expires) WHERE expires IS NOT NULL;
    CREATE TABLE ddb_index(
      tbl INTEGER NOT NULL,
      idx TEXT NOT NULL,
      ipk BLOB NOT NULL,
      isk BLOB NOT NULL,
      pk BLOB NOT NULL,
      sk BLOB NOT NULL,
      PRIMARY KEY(tbl, idx, ipk, isk, pk, sk)
    ) WITHOUT ROWID;
    CREATE TABLE ddb_streams(
      arn TEXT PRIMARY KEY,
      tbl TEXT NOT NULL,               -- the table's name
      label TEXT NOT NULL,
      view TEXT NOT NULL,
      enabled INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE ddb_records(
      seq INTEGER PRIMARY KEY,         -- from a sequence
      stream TEXT NOT NULL,
      created REAL NOT NULL,
      key TEXT NOT NULL,               -- the item's keys, one text for each item
      event TEXT NOT NULL              -- JSON of the record
    );
    CREATE INDEX ddb_by_stream ON ddb_records(stream, seq);
    CREATE TABLE ddb_tokens(
      token TEXT PRIMARY KEY,
      request TEXT NOT NULL,
      expires REAL NOT NULL
    ) WITHOUT ROWID;
    """,
    """
    CREATE TABLE ddb_shards(
      stream TEXT NOT NULL,            -- ARN
      shard TEXT NOT NULL,
      parent TEXT,
      first INTEGER NOT NULL,          -- its records have this number or a higher one
      last INTEGER,                    -- and this one or a lower one; NULL while it is open
      began REAL NOT NULL,
      ended REAL,
      PRIMARY KEY(stream, shard)
    ) WITHOUT ROWID;
    INSERT INTO ddb_shards SELECT arn, 'shardId-00000000000000000001-00000001', NULL, 0, NULL, 0,
      NULL FROM ddb_streams;
    ALTER TABLE ddb_streams ADD COLUMN keys TEXT NOT NULL DEFAULT '[]';  -- JSON, the KeySchema
    ALTER TABLE ddb_streams ADD COLUMN created REAL NOT NULL DEFAULT 0;
    ALTER TABLE ddb_streams ADD COLUMN ended REAL;  -- when it was disabled
    -- The highest number of its records that were deleted for their age.
    ALTER TABLE ddb_streams ADD COLUMN trimmed INTEGER NOT NULL DEFAULT 0;
    """,
    """
    CREATE TABLE ddb_tags(arn TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,
      PRIMARY KEY(arn, key)) WITHOUT ROWID;
    """,
)
