"""The tables of S3, oldest version first."""

SCHEMA = (
    """
    CREATE TABLE s3_buckets(
      name TEXT PRIMARY KEY,
      created REAL NOT NULL,
      versioning TEXT NOT NULL DEFAULT '',    -- '', Enabled or Suspended
      notifications TEXT NOT NULL DEFAULT ''  -- JSON; here because every change asks for it
    ) WITHOUT ROWID;
    CREATE TABLE s3_settings(
      bucket TEXT NOT NULL,
      kind TEXT NOT NULL,              -- cors, policy, lifecycle …
      document TEXT NOT NULL,          -- JSON
      PRIMARY KEY(bucket, kind)
    ) WITHOUT ROWID;
    CREATE TABLE s3_objects(
      seq INTEGER PRIMARY KEY,         -- order of versions, from a sequence
      bucket TEXT NOT NULL,
      key TEXT NOT NULL,
      version TEXT NOT NULL,           -- 'null' in a bucket without versioning
      latest INTEGER NOT NULL,
      marker INTEGER NOT NULL,         -- a delete marker
      size INTEGER NOT NULL,
      etag TEXT NOT NULL,
      modified REAL NOT NULL,
      headers TEXT NOT NULL,           -- JSON: content type, user metadata, checksums …
      tags TEXT NOT NULL,              -- JSON
      body BLOB,                       -- a short body
      blobs TEXT                       -- JSON [[name, size], …], a long one in the store's files
    );
    -- One index, as each is a page in every commit: what asks for a key whichever version it is
    -- says `latest IN (0,1)`.
    CREATE INDEX s3_by_key ON s3_objects(bucket, latest, key, seq DESC);
    CREATE TABLE s3_uploads(
      id TEXT PRIMARY KEY,
      bucket TEXT NOT NULL,
      key TEXT NOT NULL,
      started REAL NOT NULL,
      headers TEXT NOT NULL,
      tags TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE s3_parts(
      upload TEXT NOT NULL,
      number INTEGER NOT NULL,
      size INTEGER NOT NULL,
      etag TEXT NOT NULL,
      modified REAL NOT NULL,
      checksums TEXT NOT NULL,
      blob TEXT NOT NULL,
      PRIMARY KEY(upload, number)
    ) WITHOUT ROWID;
    """,
    """
    -- JSON list of the beginnings of keys whose writes trails log; here as notifications are
    ALTER TABLE s3_buckets ADD COLUMN trailed TEXT NOT NULL DEFAULT '';
    CREATE TABLE s3_trails(
      name TEXT PRIMARY KEY,
      places TEXT NOT NULL             -- JSON: [[bucket, '' for every one; beginning of keys], …]
    ) WITHOUT ROWID;
    """,
)
